"""Property tests: no deadlines (machines are shared), and in continuous integration the same examples every time.

Tests have a home folder of their own, so that none makes a signing key in the user's.
"""

import atexit
import os
import shutil
import tempfile

from hypothesis import settings

settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

if "PACKSHOT_HOME" not in os.environ:
    os.environ["PACKSHOT_HOME"] = tempfile.mkdtemp(prefix="packshot-tests-")
    atexit.register(shutil.rmtree, os.environ["PACKSHOT_HOME"], ignore_errors=True)
