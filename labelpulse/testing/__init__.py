"""The contract of sources as tests: for the collectors here and for those of others.

About twelve lines point them at a collector; pytest is needed, and nothing else that labelpulse
does not bring::

    from labelpulse.testing import LiveSourceContract

    class TestMyTool(LiveSourceContract):
        @pytest.fixture
        def source(self, tmp_path):
            return MyTool.from_access(Access("mine", make_database(tmp_path)))
"""

from labelpulse.testing.files import FileFormatContract
from labelpulse.testing.live import LiveSourceContract
from labelpulse.testing.records import faults_of

__all__ = ["FileFormatContract", "LiveSourceContract", "faults_of"]
