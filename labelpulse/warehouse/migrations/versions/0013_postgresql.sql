CREATE SEQUENCE alert_channel_numbers;

CREATE SEQUENCE alert_incident_numbers;

CREATE SEQUENCE alert_intent_numbers;

CREATE SEQUENCE alert_message_numbers;

CREATE SEQUENCE alert_rule_numbers;

CREATE SEQUENCE alert_silence_numbers;

CREATE SEQUENCE annotation_numbers;

CREATE SEQUENCE annotator_numbers;

CREATE SEQUENCE batch_numbers;

CREATE SEQUENCE control_numbers;

CREATE SEQUENCE item_numbers;

CREATE SEQUENCE label_numbers;

CREATE SEQUENCE marker_numbers;

CREATE SEQUENCE model_version_numbers;

CREATE SEQUENCE person_numbers;

CREATE SEQUENCE prediction_numbers;

CREATE SEQUENCE program_numbers;

CREATE SEQUENCE project_numbers;

CREATE SEQUENCE quarantine_numbers;

CREATE SEQUENCE queue_entry_numbers;

CREATE SEQUENCE rules_numbers;

CREATE SEQUENCE run_numbers;

CREATE SEQUENCE source_numbers;

CREATE SEQUENCE team_numbers;

CREATE TABLE activity (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    hour BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    annotator_id BIGINT NOT NULL,
    event BIGINT NOT NULL,
    n BIGINT NOT NULL,
    CONSTRAINT pk_activity PRIMARY KEY (project_id, day, hour, batch_id, annotator_id, event),
    CONSTRAINT ck_activity_not_negative CHECK (n >= 0)
);

CREATE TABLE agree_items (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    control_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    m BIGINT NOT NULL,
    items BIGINT NOT NULL,
    agree BIGINT NOT NULL,
    agree_sq BIGINT NOT NULL,
    unanimous BIGINT NOT NULL,
    entropy BIGINT NOT NULL,
    CONSTRAINT pk_agree_items PRIMARY KEY (project_id, day, control_id, batch_id, m),
    CONSTRAINT ck_agree_items_not_negative CHECK (items >= 0)
);

CREATE TABLE agree_labels (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    control_id BIGINT NOT NULL,
    m BIGINT NOT NULL,
    label_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    agree BIGINT NOT NULL,
    CONSTRAINT pk_agree_labels PRIMARY KEY (project_id, day, control_id, m, label_id),
    CONSTRAINT ck_agree_labels_not_negative CHECK (n >= 0)
);

CREATE TABLE agree_pairs (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    control_id BIGINT NOT NULL,
    m BIGINT NOT NULL,
    label_a BIGINT NOT NULL,
    label_b BIGINT NOT NULL,
    n BIGINT NOT NULL,
    CONSTRAINT pk_agree_pairs PRIMARY KEY (project_id, day, control_id, m, label_a, label_b),
    CONSTRAINT ck_agree_pairs_not_negative CHECK (n >= 0)
);

CREATE TABLE alert_channel (
    id BIGINT NOT NULL,
    name VARCHAR(200) NOT NULL,
    address TEXT NOT NULL,
    secret VARCHAR(200) NOT NULL,
    least VARCHAR(20) NOT NULL,
    author VARCHAR(200) DEFAULT '' NOT NULL,
    created_at BIGINT NOT NULL,
    removed_at BIGINT,
    CONSTRAINT pk_alert_channel PRIMARY KEY (id)
);

CREATE UNIQUE INDEX uq_alert_channel_in_force ON alert_channel (name) WHERE removed_at IS NULL;

CREATE TABLE alert_incident (
    id BIGINT NOT NULL,
    rule VARCHAR(200) NOT NULL,
    subject VARCHAR(40) NOT NULL,
    keys TEXT NOT NULL,
    project_id BIGINT,
    severity VARCHAR(20) NOT NULL,
    level VARCHAR(20) NOT NULL,
    state VARCHAR(20) NOT NULL,
    opened_at BIGINT NOT NULL,
    since_day INTEGER NOT NULL,
    fired_day INTEGER NOT NULL,
    early BOOLEAN DEFAULT '0' NOT NULL,
    ended_at BIGINT,
    ended_day INTEGER,
    ended_by VARCHAR(20),
    acked_at BIGINT,
    acked_by VARCHAR(200),
    ack_note VARCHAR(500),
    verdict VARCHAR(10),
    verdict_by VARCHAR(200),
    verdict_at BIGINT,
    told INTEGER DEFAULT '0' NOT NULL,
    told_at BIGINT,
    evidence TEXT NOT NULL,
    CONSTRAINT pk_alert_incident PRIMARY KEY (id)
);

CREATE INDEX ix_alert_incident_opened_at ON alert_incident (opened_at);

CREATE INDEX ix_alert_incident_project_id_opened_at ON alert_incident (project_id, opened_at);

CREATE UNIQUE INDEX uq_alert_incident_open ON alert_incident (rule, subject) WHERE ended_at IS NULL;

CREATE TABLE alert_intent (
    id BIGINT NOT NULL,
    incident_id BIGINT DEFAULT '0' NOT NULL,
    channel VARCHAR(200) NOT NULL,
    kind VARCHAR(200) NOT NULL,
    sequence BIGINT NOT NULL,
    grouped_by VARCHAR(400) NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    message_id BIGINT,
    CONSTRAINT pk_alert_intent PRIMARY KEY (id),
    CONSTRAINT uq_alert_intent_incident_id_channel_kind_sequence UNIQUE (incident_id, channel, kind, sequence)
);

CREATE INDEX ix_alert_intent_waiting ON alert_intent (channel, id) WHERE message_id IS NULL;

CREATE TABLE alert_message (
    id BIGINT NOT NULL,
    key VARCHAR(60) NOT NULL,
    channel VARCHAR(200) NOT NULL,
    kind VARCHAR(60) NOT NULL,
    grouped_by VARCHAR(400) NOT NULL,
    body TEXT NOT NULL,
    state VARCHAR(20) NOT NULL,
    created_at BIGINT NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    next_try_at BIGINT NOT NULL,
    claimed_until BIGINT,
    sent_at BIGINT,
    failure TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_alert_message PRIMARY KEY (id),
    CONSTRAINT uq_alert_message_key UNIQUE (key)
);

CREATE INDEX ix_alert_message_channel_state_id ON alert_message (channel, state, id);

CREATE INDEX ix_alert_message_created_at ON alert_message (created_at);

CREATE TABLE alert_note (
    name VARCHAR(200) NOT NULL,
    data TEXT NOT NULL,
    CONSTRAINT pk_alert_note PRIMARY KEY (name)
);

CREATE TABLE alert_rule (
    id BIGINT NOT NULL,
    name VARCHAR(200) NOT NULL,
    data TEXT NOT NULL,
    author VARCHAR(200) DEFAULT '' NOT NULL,
    created_at BIGINT NOT NULL,
    removed_at BIGINT,
    CONSTRAINT pk_alert_rule PRIMARY KEY (id)
);

CREATE UNIQUE INDEX uq_alert_rule_in_force ON alert_rule (name) WHERE removed_at IS NULL;

CREATE TABLE alert_sample (
    question VARCHAR(40) NOT NULL,
    subject VARCHAR(40) NOT NULL,
    day INTEGER NOT NULL,
    keys TEXT NOT NULL,
    value FLOAT,
    low FLOAT,
    high FLOAT,
    n BIGINT,
    sampled_at BIGINT NOT NULL,
    CONSTRAINT pk_alert_sample PRIMARY KEY (question, subject, day)
);

CREATE TABLE alert_silence (
    id BIGINT NOT NULL,
    rule VARCHAR(200),
    project_id BIGINT,
    subject VARCHAR(40),
    until_at BIGINT NOT NULL,
    reason VARCHAR(500) NOT NULL,
    author VARCHAR(200) NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    CONSTRAINT pk_alert_silence PRIMARY KEY (id)
);

CREATE TABLE alert_state (
    rule VARCHAR(200) NOT NULL,
    subject VARCHAR(40) NOT NULL,
    keys TEXT NOT NULL,
    project_id BIGINT,
    definition VARCHAR(40) NOT NULL,
    status VARCHAR(20) NOT NULL,
    day INTEGER NOT NULL,
    closed TEXT NOT NULL,
    judged TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    CONSTRAINT pk_alert_state PRIMARY KEY (rule, subject)
);

CREATE TABLE annotation (
    project_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    annotator_id BIGINT NOT NULL,
    status SMALLINT NOT NULL,
    origin SMALLINT NOT NULL,
    deleted_at BIGINT,
    submitted_at BIGINT,
    updated_at BIGINT,
    started_at BIGINT,
    time_spent_ms BIGINT,
    gold_flag BOOLEAN NOT NULL,
    assisted BOOLEAN NOT NULL,
    edited BOOLEAN NOT NULL,
    held BOOLEAN NOT NULL,
    revision BIGINT,
    first_revision BIGINT,
    own_revision BIGINT,
    digest BIGINT NOT NULL,
    editor_id BIGINT,
    run_id BIGINT DEFAULT '0' NOT NULL,
    author_revision BIGINT,
    reopened BOOLEAN DEFAULT '0' NOT NULL,
    parent_prediction TEXT,
    parent_revision BIGINT,
    CONSTRAINT pk_annotation PRIMARY KEY (project_id, id)
);

CREATE INDEX ix_annotation_held ON annotation (project_id) WHERE held;

CREATE INDEX ix_annotation_project_id_item_id ON annotation (project_id, item_id);

CREATE TABLE annotation_key (
    source_id BIGINT NOT NULL,
    native_id TEXT NOT NULL,
    unique_key TEXT NOT NULL,
    stream VARCHAR(12) DEFAULT 'annotation' NOT NULL,
    annotation_id BIGINT NOT NULL,
    project_id BIGINT NOT NULL,
    fingerprint TEXT DEFAULT '' NOT NULL,
    live BOOLEAN NOT NULL,
    CONSTRAINT pk_annotation_key PRIMARY KEY (source_id, native_id, unique_key)
);

CREATE INDEX ix_annotation_key_draft ON annotation_key (source_id) WHERE stream = 'draft';

CREATE TABLE annotation_revision (
    project_id BIGINT NOT NULL,
    annotation_id BIGINT NOT NULL,
    digest BIGINT NOT NULL,
    author_id BIGINT NOT NULL,
    at BIGINT,
    observed_at BIGINT NOT NULL,
    CONSTRAINT pk_annotation_revision PRIMARY KEY (project_id, annotation_id, digest)
);

CREATE TABLE annotator (
    id BIGINT NOT NULL,
    source_id BIGINT NOT NULL,
    kind VARCHAR(20) DEFAULT 'person' NOT NULL,
    person_id BIGINT,
    CONSTRAINT pk_annotator PRIMARY KEY (id)
);

CREATE TABLE annotator_identity (
    annotator_id BIGINT NOT NULL,
    source_id BIGINT NOT NULL,
    native_id TEXT NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    email TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_annotator_identity PRIMARY KEY (annotator_id),
    CONSTRAINT uq_annotator_identity_source_id_native_id UNIQUE (source_id, native_id)
);

CREATE TABLE annotator_pair_days (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    control_id BIGINT NOT NULL,
    annotator_a BIGINT NOT NULL,
    annotator_b BIGINT NOT NULL,
    shared BIGINT NOT NULL,
    agree BIGINT NOT NULL,
    CONSTRAINT pk_annotator_pair_days PRIMARY KEY (project_id, day, control_id, annotator_a, annotator_b),
    CONSTRAINT ck_annotator_pair_days_not_negative CHECK (shared >= 0)
);

CREATE TABLE annotator_pair_labels (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    control_id BIGINT NOT NULL,
    annotator_a BIGINT NOT NULL,
    annotator_b BIGINT NOT NULL,
    label_a BIGINT NOT NULL,
    label_b BIGINT NOT NULL,
    n BIGINT NOT NULL,
    CONSTRAINT pk_annotator_pair_labels PRIMARY KEY (project_id, day, control_id, annotator_a, annotator_b, label_a, label_b),
    CONSTRAINT ck_annotator_pair_labels_not_negative CHECK (n >= 0)
);

CREATE TABLE annotator_pairs (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    control_id BIGINT NOT NULL,
    annotator_a BIGINT NOT NULL,
    annotator_b BIGINT NOT NULL,
    shared BIGINT NOT NULL,
    agree BIGINT NOT NULL,
    CONSTRAINT pk_annotator_pairs PRIMARY KEY (project_id, day, control_id, annotator_a, annotator_b),
    CONSTRAINT ck_annotator_pairs_not_negative CHECK (shared >= 0)
);

CREATE TABLE answer (
    project_id BIGINT NOT NULL,
    annotation_id BIGINT NOT NULL,
    version SMALLINT NOT NULL,
    control_id BIGINT NOT NULL,
    label_id BIGINT,
    value TEXT,
    CONSTRAINT pk_answer PRIMARY KEY (project_id, annotation_id, version, control_id)
);

CREATE TABLE answer_matrix (
    project_id BIGINT NOT NULL,
    control_id BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    annotator_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    label_id BIGINT NOT NULL,
    first_label_id BIGINT NOT NULL,
    since BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    assisted BIGINT NOT NULL,
    time_ms BIGINT NOT NULL,
    verdict BIGINT NOT NULL,
    stands BIGINT NOT NULL,
    content BIGINT NOT NULL,
    CONSTRAINT pk_answer_matrix PRIMARY KEY (project_id, control_id, item_id, annotator_id),
    CONSTRAINT ck_answer_matrix_not_negative CHECK (n >= 0)
);

CREATE TABLE assist_counts (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    control_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    annotator_id BIGINT NOT NULL,
    model_version_id BIGINT NOT NULL,
    label_id BIGINT NOT NULL,
    band BIGINT NOT NULL,
    n BIGINT NOT NULL,
    shown BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    objects BIGINT NOT NULL,
    kept BIGINT NOT NULL,
    wrong BIGINT NOT NULL,
    wrong_accepted BIGINT NOT NULL,
    blind BIGINT NOT NULL,
    alike BIGINT NOT NULL,
    pairs BIGINT NOT NULL,
    pairs_alike BIGINT NOT NULL,
    CONSTRAINT pk_assist_counts PRIMARY KEY (project_id, day, control_id, batch_id, annotator_id, model_version_id, label_id, band),
    CONSTRAINT ck_assist_counts_not_negative CHECK (n >= 0)
);

CREATE TABLE batch (
    id BIGINT NOT NULL,
    project_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT pk_batch PRIMARY KEY (id),
    CONSTRAINT uq_batch_project_id_name UNIQUE (project_id, name)
);

CREATE TABLE control (
    id BIGINT NOT NULL,
    project_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    kind VARCHAR(60) DEFAULT '' NOT NULL,
    scale VARCHAR(20) NOT NULL,
    labels TEXT,
    refused TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_control PRIMARY KEY (id),
    CONSTRAINT uq_control_project_id_name UNIQUE (project_id, name)
);

CREATE TABLE counter (
    name VARCHAR(60) NOT NULL,
    last BIGINT NOT NULL,
    CONSTRAINT pk_counter PRIMARY KEY (name)
);

CREATE TABLE cursor (
    source_id BIGINT NOT NULL,
    stream VARCHAR(60) NOT NULL,
    position TEXT NOT NULL,
    moved_at BIGINT NOT NULL,
    CONSTRAINT pk_cursor PRIMARY KEY (source_id, stream)
);

CREATE TABLE cycle_hist (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    start_hour BIGINT NOT NULL,
    bucket BIGINT NOT NULL,
    items BIGINT NOT NULL,
    total_s BIGINT NOT NULL,
    CONSTRAINT pk_cycle_hist PRIMARY KEY (project_id, day, batch_id, start_hour, bucket),
    CONSTRAINT ck_cycle_hist_not_negative CHECK (items >= 0)
);

CREATE TABLE gold (
    project_id BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    control_id BIGINT NOT NULL,
    annotation_id BIGINT NOT NULL,
    label_id BIGINT,
    value TEXT,
    CONSTRAINT pk_gold PRIMARY KEY (project_id, item_id, control_id, annotation_id)
);

CREATE TABLE gold_confusion (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    control_id BIGINT NOT NULL,
    annotator_id BIGINT NOT NULL,
    gold_label BIGINT NOT NULL,
    label_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    CONSTRAINT pk_gold_confusion PRIMARY KEY (project_id, day, control_id, annotator_id, gold_label, label_id),
    CONSTRAINT ck_gold_confusion_not_negative CHECK (n >= 0)
);

CREATE TABLE gold_geometry (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    control_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    annotator_id BIGINT NOT NULL,
    assisted BIGINT NOT NULL,
    n BIGINT NOT NULL,
    unread BIGINT NOT NULL,
    empty BIGINT NOT NULL,
    f1 BIGINT NOT NULL,
    f1_sq BIGINT NOT NULL,
    tp BIGINT NOT NULL,
    located BIGINT NOT NULL,
    n_known BIGINT NOT NULL,
    n_given BIGINT NOT NULL,
    iou BIGINT NOT NULL,
    CONSTRAINT pk_gold_geometry PRIMARY KEY (project_id, day, control_id, batch_id, annotator_id, assisted),
    CONSTRAINT ck_gold_geometry_not_negative CHECK (n >= 0)
);

CREATE TABLE item (
    project_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    native_id TEXT NOT NULL,
    batch_id BIGINT DEFAULT '0' NOT NULL,
    required INTEGER,
    created_at BIGINT,
    deleted_at BIGINT,
    fingerprint TEXT DEFAULT '' NOT NULL,
    content BIGINT DEFAULT '0' NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_item PRIMARY KEY (project_id, id),
    CONSTRAINT uq_item_project_id_native_id UNIQUE (project_id, native_id)
);

CREATE TABLE item_content (
    project_id BIGINT NOT NULL,
    content BIGINT NOT NULL,
    items BIGINT NOT NULL,
    CONSTRAINT pk_item_content PRIMARY KEY (project_id, content),
    CONSTRAINT ck_item_content_not_negative CHECK (items >= 0)
);

CREATE INDEX ix_item_content_repeated ON item_content (project_id) WHERE items > 1;

CREATE TABLE item_needs (
    project_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    required BIGINT NOT NULL,
    answered BIGINT NOT NULL,
    items BIGINT NOT NULL,
    CONSTRAINT pk_item_needs PRIMARY KEY (project_id, batch_id, required, answered),
    CONSTRAINT ck_item_needs_not_negative CHECK (items >= 0)
);

CREATE TABLE item_progress (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    items BIGINT NOT NULL,
    required BIGINT NOT NULL,
    done BIGINT NOT NULL,
    completed BIGINT NOT NULL,
    assumed BIGINT NOT NULL,
    CONSTRAINT pk_item_progress PRIMARY KEY (project_id, day, batch_id),
    CONSTRAINT ck_item_progress_not_negative CHECK (items >= 0)
);

CREATE TABLE label (
    id BIGINT NOT NULL,
    control_id BIGINT NOT NULL,
    text TEXT NOT NULL,
    options TEXT,
    CONSTRAINT pk_label PRIMARY KEY (id),
    CONSTRAINT uq_label_control_id_text UNIQUE (control_id, text)
);

CREATE TABLE label_counts (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    control_id BIGINT NOT NULL,
    annotator_id BIGINT NOT NULL,
    label_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    CONSTRAINT pk_label_counts PRIMARY KEY (project_id, day, control_id, annotator_id, label_id),
    CONSTRAINT ck_label_counts_not_negative CHECK (n >= 0)
);

CREATE TABLE labels_done (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    labels BIGINT NOT NULL,
    CONSTRAINT pk_labels_done PRIMARY KEY (project_id, day, batch_id),
    CONSTRAINT ck_labels_done_not_negative CHECK (labels >= 0)
);

CREATE TABLE lease (
    source_id BIGINT NOT NULL,
    holder TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CONSTRAINT pk_lease PRIMARY KEY (source_id)
);

CREATE TABLE live_rows (
    project_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    gold BIGINT NOT NULL,
    skipped BIGINT NOT NULL,
    CONSTRAINT pk_live_rows PRIMARY KEY (project_id),
    CONSTRAINT ck_live_rows_not_negative CHECK (n >= 0)
);

CREATE TABLE marker (
    id BIGINT NOT NULL,
    project_id BIGINT,
    day INTEGER NOT NULL,
    kind VARCHAR(40) NOT NULL,
    text TEXT NOT NULL,
    CONSTRAINT pk_marker PRIMARY KEY (id)
);

CREATE TABLE membership (
    team_id BIGINT NOT NULL,
    annotator_id BIGINT NOT NULL,
    since INTEGER DEFAULT '0' NOT NULL,
    until INTEGER,
    CONSTRAINT pk_membership PRIMARY KEY (team_id, annotator_id, since)
);

CREATE TABLE model_version (
    id BIGINT NOT NULL,
    project_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT pk_model_version PRIMARY KEY (id),
    CONSTRAINT uq_model_version_project_id_name UNIQUE (project_id, name)
);

CREATE TABLE open_items (
    project_id BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    items BIGINT NOT NULL,
    stage BIGINT NOT NULL,
    entered BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    answered BIGINT NOT NULL,
    required BIGINT NOT NULL,
    CONSTRAINT pk_open_items PRIMARY KEY (project_id, item_id),
    CONSTRAINT ck_open_items_not_negative CHECK (items >= 0)
);

CREATE INDEX ix_open_items_oldest ON open_items (project_id, stage, entered, item_id, batch_id);

CREATE TABLE pair_geometry (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    control_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    annotator_a BIGINT NOT NULL,
    annotator_b BIGINT NOT NULL,
    assisted BIGINT NOT NULL,
    pairs BIGINT NOT NULL,
    tp BIGINT NOT NULL,
    located BIGINT NOT NULL,
    n_a BIGINT NOT NULL,
    n_b BIGINT NOT NULL,
    iou BIGINT NOT NULL,
    alike BIGINT NOT NULL,
    empty BIGINT NOT NULL,
    score BIGINT NOT NULL,
    CONSTRAINT pk_pair_geometry PRIMARY KEY (project_id, day, control_id, batch_id, annotator_a, annotator_b, assisted),
    CONSTRAINT ck_pair_geometry_not_negative CHECK (pairs >= 0)
);

CREATE TABLE peer_loo (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    control_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    annotator_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    agree BIGINT NOT NULL,
    tie BIGINT NOT NULL,
    CONSTRAINT pk_peer_loo PRIMARY KEY (project_id, day, control_id, batch_id, annotator_id),
    CONSTRAINT ck_peer_loo_not_negative CHECK (n >= 0)
);

CREATE TABLE person (
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT pk_person PRIMARY KEY (id),
    CONSTRAINT uq_person_name UNIQUE (name)
);

CREATE TABLE prediction (
    project_id BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    control_id BIGINT NOT NULL,
    label_id BIGINT,
    value TEXT,
    native_id TEXT NOT NULL,
    model_version_id BIGINT NOT NULL,
    score BIGINT,
    created_at BIGINT,
    deleted_at BIGINT,
    revision BIGINT,
    digest BIGINT NOT NULL,
    CONSTRAINT pk_prediction PRIMARY KEY (project_id, item_id, id, control_id)
);

CREATE INDEX ix_prediction_project_id_id ON prediction (project_id, id);

CREATE TABLE program (
    id BIGINT NOT NULL,
    name VARCHAR(200) NOT NULL,
    CONSTRAINT pk_program PRIMARY KEY (id),
    CONSTRAINT uq_program_name UNIQUE (name)
);

CREATE TABLE project (
    id BIGINT NOT NULL,
    source_id BIGINT NOT NULL,
    native_id VARCHAR(200) NOT NULL,
    title TEXT NOT NULL,
    state VARCHAR(20) DEFAULT 'active' NOT NULL,
    required INTEGER,
    program_id BIGINT,
    headline TEXT,
    deadline INTEGER,
    config_digest VARCHAR(80) DEFAULT '' NOT NULL,
    observed_since BIGINT NOT NULL,
    data_version BIGINT DEFAULT '0' NOT NULL,
    source_rows BIGINT,
    warehouse_rows BIGINT,
    reconciled_at BIGINT,
    constant_time BOOLEAN DEFAULT '0' NOT NULL,
    holidays TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_project PRIMARY KEY (id),
    CONSTRAINT uq_project_source_id_native_id UNIQUE (source_id, native_id)
);

CREATE TABLE quarantine (
    id BIGINT NOT NULL,
    source_id BIGINT NOT NULL,
    project_id BIGINT,
    run_id BIGINT NOT NULL,
    place TEXT NOT NULL,
    record TEXT NOT NULL,
    reason VARCHAR(60) NOT NULL,
    detail TEXT NOT NULL,
    excerpt TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    resolved_at BIGINT,
    CONSTRAINT pk_quarantine PRIMARY KEY (id),
    CONSTRAINT uq_quarantine_source_id_place_record_reason UNIQUE (source_id, place, record, reason)
);

CREATE TABLE queue_entry (
    id BIGINT NOT NULL,
    project_id BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    control_id BIGINT DEFAULT '0' NOT NULL,
    reason VARCHAR(20) NOT NULL,
    owner VARCHAR(200) DEFAULT '' NOT NULL,
    state VARCHAR(20) NOT NULL,
    opened_at BIGINT NOT NULL,
    sent_at BIGINT,
    decided_at BIGINT,
    outcome TEXT,
    author VARCHAR(200),
    evidence TEXT DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_queue_entry PRIMARY KEY (id)
);

CREATE INDEX ix_queue_entry_project_id_opened_at ON queue_entry (project_id, opened_at);

CREATE UNIQUE INDEX uq_queue_entry_waiting ON queue_entry (project_id, item_id, control_id, reason) WHERE decided_at IS NULL;

CREATE TABLE rate (
    team_id BIGINT NOT NULL,
    annotator_id BIGINT NOT NULL,
    since INTEGER NOT NULL,
    hourly_millionths BIGINT NOT NULL,
    currency VARCHAR(3) NOT NULL,
    CONSTRAINT pk_rate PRIMARY KEY (team_id, annotator_id, since)
);

CREATE TABLE review (
    project_id BIGINT NOT NULL,
    annotation_id BIGINT NOT NULL,
    native_id TEXT NOT NULL,
    reviewer_id BIGINT,
    verdict SMALLINT NOT NULL,
    at BIGINT,
    CONSTRAINT pk_review PRIMARY KEY (project_id, annotation_id, native_id)
);

CREATE INDEX ix_review_project_id_verdict ON review (project_id, verdict);

CREATE TABLE review_counts (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    annotator_id BIGINT NOT NULL,
    reviewer_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    rejections BIGINT NOT NULL,
    items BIGINT NOT NULL,
    first_pass BIGINT NOT NULL,
    own BIGINT NOT NULL,
    own_first_pass BIGINT NOT NULL,
    looks BIGINT NOT NULL,
    reversed BIGINT NOT NULL,
    CONSTRAINT pk_review_counts PRIMARY KEY (project_id, day, batch_id, annotator_id, reviewer_id),
    CONSTRAINT ck_review_counts_not_negative CHECK (n >= 0)
);

CREATE TABLE review_work (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    annotator_id BIGINT NOT NULL,
    reviewer_id BIGINT NOT NULL,
    outcome BIGINT NOT NULL,
    n BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    timed BIGINT NOT NULL,
    rejected_ms BIGINT NOT NULL,
    CONSTRAINT pk_review_work PRIMARY KEY (project_id, day, batch_id, annotator_id, reviewer_id, outcome),
    CONSTRAINT ck_review_work_not_negative CHECK (n >= 0)
);

CREATE TABLE rollup_state (
    project_id BIGINT NOT NULL,
    rollup VARCHAR(60) NOT NULL,
    code_version INTEGER NOT NULL,
    rules_id BIGINT NOT NULL,
    state VARCHAR(20) NOT NULL,
    built_at BIGINT NOT NULL,
    CONSTRAINT pk_rollup_state PRIMARY KEY (project_id, rollup)
);

CREATE TABLE rules (
    id BIGINT NOT NULL,
    project_id BIGINT NOT NULL,
    digest VARCHAR(40) NOT NULL,
    data TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT pk_rules PRIMARY KEY (id),
    CONSTRAINT uq_rules_project_id_digest UNIQUE (project_id, digest)
);

CREATE TABLE run (
    id BIGINT NOT NULL,
    source_id BIGINT NOT NULL,
    project_id BIGINT,
    kind VARCHAR(20) NOT NULL,
    state VARCHAR(20) NOT NULL,
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    read BIGINT DEFAULT '0' NOT NULL,
    loaded BIGINT DEFAULT '0' NOT NULL,
    unchanged BIGINT DEFAULT '0' NOT NULL,
    quarantined BIGINT DEFAULT '0' NOT NULL,
    deleted BIGINT DEFAULT '0' NOT NULL,
    repaired BIGINT DEFAULT '0' NOT NULL,
    message TEXT DEFAULT '' NOT NULL,
    file_name TEXT,
    file_hash VARCHAR(64),
    options_hash VARCHAR(64),
    CONSTRAINT pk_run PRIMARY KEY (id)
);

CREATE INDEX ix_run_source_id_started_at ON run (source_id, started_at);

CREATE INDEX ix_run_told ON run (id, started_at, source_id, deleted) WHERE loaded + deleted + repaired + quarantined > 0 OR state != 'ok';

CREATE TABLE self_repeats (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    control_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    annotator_id BIGINT NOT NULL,
    pairs BIGINT NOT NULL,
    alike BIGINT NOT NULL,
    CONSTRAINT pk_self_repeats PRIMARY KEY (project_id, day, control_id, batch_id, annotator_id),
    CONSTRAINT ck_self_repeats_not_negative CHECK (pairs >= 0)
);

CREATE TABLE setting (
    project_id BIGINT NOT NULL,
    origin VARCHAR(20) NOT NULL,
    data TEXT NOT NULL,
    CONSTRAINT pk_setting PRIMARY KEY (project_id, origin)
);

CREATE TABLE source (
    id BIGINT NOT NULL,
    name VARCHAR(200) NOT NULL,
    type VARCHAR(60) NOT NULL,
    state VARCHAR(20) DEFAULT 'new' NOT NULL,
    state_reason TEXT DEFAULT '' NOT NULL,
    created_at BIGINT NOT NULL,
    tried_at BIGINT,
    ok_at BIGINT,
    loading BOOLEAN DEFAULT '0' NOT NULL,
    complete_from BIGINT,
    clock_offset_ms BIGINT,
    CONSTRAINT pk_source PRIMARY KEY (id),
    CONSTRAINT uq_source_name UNIQUE (name)
);

CREATE TABLE stage_flow (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    stage BIGINT NOT NULL,
    moves BIGINT NOT NULL,
    arrivals BIGINT NOT NULL,
    departures BIGINT NOT NULL,
    waits BIGINT NOT NULL,
    wait_s BIGINT NOT NULL,
    arrived_s BIGINT NOT NULL,
    left_s BIGINT NOT NULL,
    CONSTRAINT pk_stage_flow PRIMARY KEY (project_id, day, batch_id, stage),
    CONSTRAINT ck_stage_flow_not_negative CHECK (moves >= 0)
);

CREATE TABLE stage_now (
    project_id BIGINT NOT NULL,
    stage BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    entry_hour BIGINT NOT NULL,
    items BIGINT NOT NULL,
    CONSTRAINT pk_stage_now PRIMARY KEY (project_id, stage, batch_id, entry_hour),
    CONSTRAINT ck_stage_now_not_negative CHECK (items >= 0)
);

CREATE TABLE team (
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT pk_team PRIMARY KEY (id),
    CONSTRAINT uq_team_name UNIQUE (name)
);

CREATE TABLE time_days (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    bucket BIGINT NOT NULL,
    n BIGINT NOT NULL,
    total_ms BIGINT NOT NULL,
    CONSTRAINT pk_time_days PRIMARY KEY (project_id, day, bucket),
    CONSTRAINT ck_time_days_not_negative CHECK (n >= 0)
);

CREATE TABLE time_hist (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    annotator_id BIGINT NOT NULL,
    bucket BIGINT NOT NULL,
    n BIGINT NOT NULL,
    total_ms BIGINT NOT NULL,
    CONSTRAINT pk_time_hist PRIMARY KEY (project_id, day, batch_id, annotator_id, bucket),
    CONSTRAINT ck_time_hist_not_negative CHECK (n >= 0)
);

CREATE TABLE time_totals (
    project_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    annotator_id BIGINT NOT NULL,
    started_from BIGINT NOT NULL,
    band BIGINT NOT NULL,
    n BIGINT NOT NULL,
    total_ms BIGINT NOT NULL,
    within BIGINT NOT NULL,
    within_ms BIGINT NOT NULL,
    log_sum BIGINT NOT NULL,
    log_squares BIGINT NOT NULL,
    CONSTRAINT pk_time_totals PRIMARY KEY (project_id, day, batch_id, annotator_id, started_from, band),
    CONSTRAINT ck_time_totals_not_negative CHECK (n >= 0)
);
