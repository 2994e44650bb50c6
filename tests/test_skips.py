"""A skip is explained by what this machine lacks, or it is a failure."""

from __future__ import annotations

from pathlib import Path

import pytest
from skips import PLATFORM, is_explained

pytest_plugins = ["pytester"]


def test_a_library_explains_a_skip_only_where_it_is_not_installed() -> None:
    assert is_explained("could not import 'no_such_library': No module named 'no_such_library'")
    assert not is_explained("could not import 'numpy': No module named 'numpy.nothing'")
    assert is_explained("no_such_library is not installed") and not is_explained("numpy is not installed")
    assert is_explained("page.md:2 needs no_such_library") and not is_explained("page.md:2 needs numpy")


def test_data_explain_a_skip_only_where_they_are_not_there(tmp_path: Path) -> None:
    assert not is_explained("the data are not here", data=tmp_path)
    assert is_explained("the data are not here", data=tmp_path / "none")


@pytest.mark.parametrize("why", sorted(PLATFORM))
def test_a_platform_explains_its_own_skips(why: str) -> None:
    assert is_explained(why, platform="win32") and not is_explained(why, platform="linux")


def test_nothing_else_explains_a_skip() -> None:
    for why in ("", "slow", "too slow today", "unconditional skip"):
        assert not is_explained(why, platform="win32")


def test_a_skip_without_an_explanation_is_a_failure(pytester: pytest.Pytester) -> None:
    hooks = "pytest_make_collect_report, pytest_runtest_makereport"
    folder = str(Path(__file__).parent)
    pytester.makeconftest(f"import sys\nsys.path.insert(0, {folder!r})\nfrom skips import {hooks}\n")
    pytester.makepyfile(
        """
        import pytest
        def test_lazy(): pytest.skip("slow")
        def test_lacking(): pytest.importorskip("no_such_library")
        @pytest.mark.xfail
        def test_known(): assert False
        def test_good(): pass
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:randomly")
    result.assert_outcomes(failed=1, skipped=1, xfailed=1, passed=1)
