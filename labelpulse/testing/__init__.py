"""Contract tests for live sources and file formats, for plug-ins as well.

They need pytest. About twelve lines apply them to a collector::

    from labelpulse.testing import LiveSourceContract

    class TestMyTool(LiveSourceContract):
        @pytest.fixture
        def source(self, tmp_path):
            return MyTool.from_access(Access("mine", make_database(tmp_path)))
"""

from labelpulse.testing.faults import faults_of
from labelpulse.testing.file_format import FileFormatContract
from labelpulse.testing.live_source import LiveSourceContract

__all__ = ["FileFormatContract", "LiveSourceContract", "faults_of"]
