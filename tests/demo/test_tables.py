"""The tables are Label Studio's: names, types and the form of every value."""

import json
import re

import pytest

from labelpulse.demo.tables import TABLES

# Label Studio 1.23, SQLite: the columns we write, with the tool's own types.
REAL = {
    "organization": "id:integer title:varchar(1000) created_at:datetime updated_at:datetime "
    "created_by_id:integer",
    "htx_user": "id:integer password:varchar(128) last_login:datetime is_superuser:bool "
    "username:varchar(256) email:varchar(254) first_name:varchar(256) last_name:varchar(256) "
    "is_staff:bool is_active:bool date_joined:datetime last_activity:datetime "
    "activity_at:datetime active_organization_id:integer",
    "organizations_organizationmember": "id:integer created_at:datetime updated_at:datetime "
    "organization_id:integer user_id:integer deleted_at:datetime",
    "project": "id:integer title:varchar(50) description:text label_config:text "
    "parsed_label_config:text label_config_hash:bigint expert_instruction:text "
    "maximum_annotations:integer overlap_cohort_percentage:integer sampling:varchar(100) "
    "skip_queue:varchar(100) model_version:text control_weights:text is_published:bool "
    "is_draft:bool organization_id:integer created_by_id:integer created_at:datetime "
    "updated_at:datetime deleted_at:datetime deleted_by_id:integer purge_at:datetime",
    "task": "id:integer data:text meta:text created_at:datetime updated_at:datetime "
    "updated_by_id:integer is_labeled:bool project_id:integer inner_id:bigint overlap:integer "
    "file_upload_id:integer total_annotations:integer cancelled_annotations:integer "
    "total_predictions:integer comment_count:integer precomputed_agreement:real allow_skip:bool",
    "task_completion": "id:integer unique_id:char(32) task_id:integer project_id:integer "
    "completed_by_id:integer updated_by_id:integer result:text result_count:integer "
    "was_cancelled:bool ground_truth:bool created_at:datetime updated_at:datetime "
    "draft_created_at:datetime lead_time:real prediction:text parent_prediction_id:integer "
    "parent_annotation_id:integer import_id:bigint bulk_created:bool last_action:varchar(128) "
    "last_created_by_id:integer",
    "prediction": "id:integer task_id:integer project_id:integer result:text score:real "
    "model_version:text model_id:integer model_run_id:integer cluster:integer mislabeling:real "
    "created_at:datetime updated_at:datetime",
    "tasks_annotationdraft": "id:integer task_id:integer annotation_id:integer user_id:integer "
    "result:text lead_time:real was_postponed:bool created_at:datetime updated_at:datetime "
    "import_id:bigint",
    "tasks_tasklock": "id:integer task_id:integer user_id:integer unique_id:char(32) "
    "created_at:datetime expire_at:datetime",
}
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")


@pytest.mark.parametrize("table", REAL)
def test_columns_are_the_tools_own(made, table):
    found = made.all("SELECT name, lower(type) FROM pragma_table_info(?)", table)
    assert " ".join(f"{name}:{kind}" for name, kind in found) == REAL[table]


def test_no_other_table_is_made(made):
    found = {name for (name,) in made.all("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert found - {"sqlite_sequence"} == set(REAL)


@pytest.mark.parametrize("table", REAL)
def test_every_value_has_the_form_of_its_type(made, table):
    for name, kind in TABLES[table].items():
        values = [v for (v,) in made.all(f'SELECT DISTINCT "{name}" FROM "{table}" LIMIT 3000')]
        if "NOT NULL" in kind:
            assert None not in values
        given = [value for value in values if value is not None]
        if kind.startswith("datetime"):
            assert all(TIME.fullmatch(value) for value in given), name
        elif kind.startswith("bool"):
            assert set(given) <= {0, 1}, name
        elif kind.startswith("char(32)"):
            assert all(re.fullmatch("[0-9a-f]{32}", value) for value in given), name


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("task", "data"),
        ("task_completion", "result"),
        ("task_completion", "prediction"),
        ("prediction", "result"),
        ("tasks_annotationdraft", "result"),
        ("project", "parsed_label_config"),
    ],
)
def test_json_columns_hold_json(made, table, column):
    values = [value for (value,) in made.all(f"SELECT {column} FROM {table}")]
    assert values
    assert all(isinstance(json.loads(value), dict | list) for value in values)


def test_the_file_keeps_the_tools_journal_mode(made):
    assert made.one("PRAGMA journal_mode") == "delete"
    assert made.one("PRAGMA integrity_check") == "ok"


def test_rows_refer_to_rows_that_exist(made):
    broken = made.one(
        "SELECT count(*) FROM task_completion c "
        "LEFT JOIN task t ON t.id = c.task_id LEFT JOIN htx_user u ON u.id = c.completed_by_id "
        "LEFT JOIN prediction p ON p.id = c.parent_prediction_id AND p.task_id = c.task_id "
        "WHERE t.id IS NULL OR u.id IS NULL "
        "OR (c.parent_prediction_id IS NOT NULL AND p.id IS NULL)"
    )
    assert broken == 0
    assert made.one("SELECT count(DISTINCT unique_id) = count(*) FROM task_completion") == 1


def test_counters_of_tasks_equal_a_recount(made):
    wrong = made.one(
        "SELECT count(*) FROM (SELECT t.*, "
        "(SELECT count(*) FROM task_completion c WHERE c.task_id = t.id AND NOT was_cancelled) d, "
        "(SELECT count(*) FROM task_completion c WHERE c.task_id = t.id AND was_cancelled) s, "
        "(SELECT count(*) FROM prediction p WHERE p.task_id = t.id) g FROM task t) "
        "WHERE total_annotations != d OR cancelled_annotations != s OR total_predictions != g "
        "OR is_labeled != (d >= overlap)"
    )
    assert wrong == 0


def test_people_are_invented_and_unreachable(made):
    emails = [email for (email,) in made.all("SELECT email FROM htx_user")]
    assert len(emails) == len(set(emails)) == 27
    assert all(email.endswith("@example.org") and email.isascii() for email in emails)
    assert {value for (value,) in made.all("SELECT DISTINCT password FROM htx_user")} == {"!"}


def test_tickets_read_differently(made):
    texts = [json.loads(data)["text"] for (data,) in made.all("SELECT data FROM task")]
    assert len(set(texts)) > 0.9 * len(texts)
    assert not any("{" in text or "}" in text for text in texts)
