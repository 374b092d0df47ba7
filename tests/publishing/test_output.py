"""What public/ holds after a run, whatever happens during it."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from PIL import Image

from digest.errors import StoreError
from digest.newsroom.document import Group
from digest.publishing import output
from digest.publishing.manifest import manifest_path
from digest.publishing.output import write_groups, write_output
from digest.publishing.photos import build_pictures, read_photo_hash
from digest.publishing.placing import STAGING
from digest.publishing.replacing import Written
from digest.settings import Site

Write = Callable[..., Written]
Groups = Callable[[Mapping[str, bytes]], list[Group]]


def _read(public: Path) -> dict[str, bytes]:
    return {str(file.relative_to(public)): file.read_bytes() for file in public.rglob("*") if file.is_file()}


def _marks(*folders: Path) -> dict[str, tuple[int, int, int]]:
    """Inode, time of change and time of metadata change of everything below."""
    return {
        str(file): (facts.st_ino, facts.st_mtime_ns, facts.st_ctime_ns)
        for folder in folders
        for file in (folder, *folder.rglob("*"))
        for facts in (file.lstat(),)
    }


def test_files_are_written_with_their_folders(write: Write, public: Path) -> None:
    files = {"index.html": b"front", "items/a/index.html": b"a", "feeds/all.atom": b"<feed/>"}

    assert write(files) == Written(("items/a/index.html", "index.html", "feeds/all.atom"), 0, ())
    assert _read(public) == files


def test_a_second_run_touches_nothing(write: Write, public: Path, tmp_path: Path) -> None:
    files = {"index.html": b"front", "items/a/index.html": b"a"}
    write(files)
    before = _marks(public, tmp_path / "var")

    assert write(files) == Written((), 2, ())
    assert _marks(public, tmp_path / "var") == before


def test_only_what_changed_is_written(write: Write, public: Path) -> None:
    write({"a": b"1", "b": b"1"})
    before = _marks(public)

    assert write({"a": b"1", "b": b"2"}) == Written(("b",), 1, ())
    assert before[str(public / "a")] == _marks(public)[str(public / "a")]
    assert (public / "b").read_bytes() == b"2"


def test_a_file_of_the_same_size_that_somebody_edited_is_put_right(write: Write, public: Path) -> None:
    write({"a": b"right"})
    (public / "a").write_bytes(b"wrong")

    assert write({"a": b"right"}).changed == ("a",)
    assert (public / "a").read_bytes() == b"right"


def test_a_deleted_file_comes_back(write: Write, public: Path) -> None:
    write({"a": b"1", "b": b"1"})
    (public / "a").unlink()

    assert write({"a": b"1", "b": b"1"}).changed == ("a",)


def test_files_that_only_look_touched_are_not_written(write: Write, public: Path) -> None:
    """A site copied to a new machine has other times, but the same bytes."""
    write({"a": b"1"})
    os.utime(public / "a", ns=(1, 1))
    before = _marks(public)

    assert write({"a": b"1"}) == Written((), 1, ())
    assert _marks(public) == before


def test_without_a_manifest_bytes_are_compared(write: Write, public: Path, manifest: Path) -> None:
    write({"a": b"1", "b": b"1"})
    manifest.write_text("{ broken")
    before = _marks(public / "a")

    assert write({"a": b"1", "b": b"2"}).changed == ("b",)
    assert _marks(public / "a") == before


def test_what_is_no_longer_made_goes_and_takes_its_empty_folders_along(write: Write, public: Path) -> None:
    write({"index.html": b"1", "topics/x/index.html": b"1", "topics/y/index.html": b"1"})

    written = write({"index.html": b"1", "topics/y/index.html": b"1"})

    assert written == Written((), 2, ("topics/x/index.html",))
    assert not (public / "topics" / "x").exists()
    assert (public / "topics" / "y").exists()


def test_files_of_others_stay(write: Write, public: Path) -> None:
    write({"topics/x/index.html": b"1"})
    (public / "topics" / "x" / "mine.txt").write_bytes(b"mine")
    (public / "CNAME").write_bytes(b"news.example.org")

    write({})

    assert _read(public) == {"topics/x/mine.txt": b"mine", "CNAME": b"news.example.org"}


def test_what_somebody_else_removed_already_is_no_fault(write: Write, public: Path) -> None:
    write({"a/b": b"1", "c": b"1"})
    (public / "a" / "b").unlink()

    assert write({"c": b"1"}).removed == ()


@pytest.mark.parametrize(
    "path", ["/etc/x", "../x", "a/../../x", "a//b", "", ".", "a/", "a\\b", "a\0b", "a\nb", f"{STAGING}/0"]
)
def test_no_path_leaves_the_folder(write: Write, public: Path, path: str) -> None:
    with pytest.raises(StoreError, match="not a path below the output folder"):
        write({"good": b"1", path: b"1"})
    assert _read(public) == {}


@pytest.mark.parametrize("link", ["a", "a/b"])
def test_symbolic_links_are_not_followed(write: Write, public: Path, tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b").write_bytes(b"not ours")
    (public / link).parent.mkdir(parents=True)
    (public / link).symlink_to(outside if link == "a" else outside / "b")

    with pytest.raises(StoreError, match="a symbolic link is in the way"):
        write({"a/b": b"new"})
    assert _read(outside) == {"b": b"not ours"}


def test_removing_does_not_follow_symbolic_links(write: Write, public: Path, tmp_path: Path) -> None:
    write({"a": b"1"})
    (tmp_path / "outside").write_bytes(b"1")
    (public / "a").unlink()
    (public / "a").symlink_to(tmp_path / "outside")

    write({})

    assert (tmp_path / "outside").read_bytes() == b"1"


@pytest.mark.parametrize(("there", "wanted"), [("a/b/c", "a/b"), ("a", "a/b")])
def test_something_in_the_way_is_named(write: Write, public: Path, there: str, wanted: str) -> None:
    (public / there).parent.mkdir(parents=True)
    (public / there).write_bytes(b"mine")

    with pytest.raises(StoreError, match=r"is in the way\. Move it away and publish again"):
        write({wanted: b"1"})
    assert _read(public) == {there: b"mine"}


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder in which rights count: whoever runs the tests as root becomes nobody meanwhile."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        if os.geteuid() != 0:
            yield folder
            return
        os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(0)


def test_a_folder_that_cannot_be_written_gives_one_clear_message(unprivileged: Path, group: Groups) -> None:
    public = unprivileged / "public"
    manifest = manifest_path(unprivileged / "var", public)
    write_groups(public, group({"a": b"1"}), manifest)
    public.chmod(0o555)

    with pytest.raises(StoreError) as refused:
        write_groups(public, group({"a": b"2"}), manifest)
    public.chmod(0o755)

    assert str(public) in refused.value.subject
    assert refused.value.cause == "it cannot be written (Permission denied)"
    assert refused.value.remedy == "Mend the folder's rights or choose another with --out."
    assert _read(public) == {"a": b"1"}


def test_an_output_folder_that_is_a_file_gives_one_clear_message(write: Write, public: Path) -> None:
    public.write_bytes(b"mine")

    with pytest.raises(StoreError, match=r"public: it cannot be written \(File exists\)"):
        write({"a": b"1"})


GROUPS = """
import resource, sys
from functools import partial
from pathlib import Path
from digest.errors import StoreError
from digest.newsroom.document import Document, Group
from digest.publishing.output import write_groups

def write(files):
    group = Group("all", "new", lambda: [Document(path, "new", partial(bytes, data)) for path, data in files.items()])
    write_groups(Path(sys.argv[1]), [group], Path(sys.argv[2]))
"""
LIMITED = """
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
files = {f"page-{number}": b"new" * 10 for number in range(5)} | {"large": b"x" * 200_000, "last": b"new"}
try:
    write(files)
except StoreError as error:
    print(error)
    sys.exit(1)
"""


def test_when_no_more_can_be_written_the_old_site_stays_whole(
    write: Write, public: Path, manifest: Path, root: Path
) -> None:
    """The limit of a process's file size stands in for a full disk: the write fails half way."""
    old = {**{f"page-{number}": b"old" for number in range(5)}, "gone": b"old"}
    write(old)

    done = subprocess.run(
        [sys.executable, "-c", GROUPS + LIMITED, public, manifest], cwd=root, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (1, "")
    assert "it cannot be written (File too large)" in done.stdout
    assert _read(public) == old
    assert write({"page-0": b"new"}).removed == ("gone", "page-1", "page-2", "page-3", "page-4")
    assert _read(public) == {"page-0": b"new"}


KILLED = """
write({f"{number}/page": b"new" * 3000 for number in range(400)})
"""


@pytest.mark.parametrize("moment", ["staging", "moving"])
def test_after_a_kill_every_file_is_whole_and_the_next_run_finishes(
    write: Write, public: Path, manifest: Path, root: Path, moment: str
) -> None:
    write({f"{number}/page": b"old" * 3000 for number in range(0, 400, 2)} | {"stale": b"old"})
    runner = subprocess.Popen([sys.executable, "-c", GROUPS + KILLED, public, manifest], cwd=root)
    sign = public / STAGING if moment == "staging" else public / "1" / "page"
    deadline = time.monotonic() + 30
    while not sign.exists() and runner.poll() is None and time.monotonic() < deadline:
        pass
    runner.send_signal(signal.SIGKILL)
    runner.wait()

    present = {path: data for path, data in _read(public).items() if not path.startswith(STAGING)}
    assert set(present.values()) <= {b"old" * 3000, b"new" * 3000, b"old"}
    assert {f"{number}/page" for number in range(0, 400, 2)} <= set(present)

    last = {"0/page": b"newest"}
    write(last)
    assert _read(public) == last


def test_two_runs_do_not_write_at_once(write: Write, manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write({"a": b"1"})
    monkeypatch.setattr(output, "_PATIENCE", 0.1)
    with manifest.with_suffix(".lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(StoreError, match="another run has been writing this folder"):
            write({"a": b"2"})

    assert write({"a": b"2"}).changed == ("a",)


def test_a_run_waits_for_another_one(write: Write, manifest: Path) -> None:
    write({"a": b"1"})
    held = manifest.with_suffix(".lock").open("a")
    fcntl.flock(held, fcntl.LOCK_EX)
    threading.Timer(0.2, held.close).start()

    assert write({"a": b"2"}).changed == ("a",)


PATHS = st.sampled_from(["a", "b/c", "b/d", "e/f/g", "index.html"])
FOLDERS = st.dictionaries(PATHS, st.binary(max_size=3))


@limits(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=st.lists(FOLDERS, min_size=1, max_size=4), meddle=FOLDERS)
def test_after_each_run_the_folder_holds_what_the_run_made(
    write: Write, public: Path, runs: list[dict[str, bytes]], meddle: dict[str, bytes]
) -> None:
    for files in runs:
        written = write(files, whole=True)

        assert _read(public) == files
        assert len(written.changed) + written.unchanged_count == len(files)
        for path, data in meddle.items():
            if path in files:
                (public / path).write_bytes(data)


def test_the_site_is_written_with_its_photos_before_what_shows_them(
    site: Site, save_photo: Callable[..., Path], gradient: Callable[..., Image.Image], group: Groups
) -> None:
    path = save_photo("a.jpg", gradient())
    pictures, _ = build_pictures(site, {read_photo_hash(path): path})
    pages = {"index.html": b"front", "items/a/index.html": b"a"}
    files = {"feeds/all.atom": b"<feed/>", "feeds/all/2022-02.atom": b"<feed/>", **pages}

    written = write_output(site, site.public, group(files), pictures)

    photos = {f"photos/{each.name}" for picture in pictures.values() for each in (picture.large, picture.small)}
    assert set(written.changed[:2]) == photos
    assert written.changed[2:] == ("items/a/index.html", "index.html", "feeds/all/2022-02.atom", "feeds/all.atom")
    assert set(_read(site.public)) == photos | set(files)
    assert write_output(site, site.public, group(files), pictures) == Written((), 6, ())


@pytest.mark.parametrize(("is_there", "files"), [(True, 4), (False, 1)])
def test_renditions_that_are_gone_are_made_again_or_hold_up_nothing_else(
    site: Site,
    save_photo: Callable[..., Path],
    gradient: Callable[..., Image.Image],
    group: Groups,
    is_there: bool,
    files: int,
) -> None:
    path = save_photo("a.jpg", gradient(width=1800))
    digest = read_photo_hash(path)
    build_pictures(site, {digest: path})
    next((site.var / "photos").glob("*/400.jpg")).unlink()
    pictures, _ = build_pictures(site, {digest: path if is_there else None})

    written = write_output(site, site.public, group({"index.html": b"front"}), pictures)

    assert (len(written.changed), written.failed) == (files, ())


@pytest.mark.parametrize("place", ["", "items", "items/photos", "templates"])
def test_the_sites_own_folders_are_never_written_over(site: Site, place: str, group: Groups) -> None:
    with pytest.raises(StoreError, match="the site's own files lie there"):
        write_output(site, site.folder / place, group({"items/a/index.html": b"1"}), {})
    assert not (site.items / "a").exists()


def test_each_output_folder_has_a_manifest_that_moves_with_the_site(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"

    assert manifest_path(one / "var", one / "public").name == manifest_path(two / "var", two / "public").name
    assert manifest_path(one / "var", one / "public") != manifest_path(one / "var", tmp_path / "preview")
