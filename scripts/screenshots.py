"""Pictures of the main pages at phone and desktop width: `make screenshots`, into var/screenshots or a folder named.

Starts the demo site in a folder of its own (or uses SITE=http://… that already runs), signs in as the demo people and
takes what their pages look like. Works from what the site links to, so it follows the site as it grows.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
WIDTHS = {360: 760, 1280: 900}
QUIET = [
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--mute-audio",
    "--no-first-run",
]
LANGUAGE = "zh-hans"
LESSON = rf"^/{LANGUAGE}/(?!account|learning|credits|quizzes)[\w-]+/[\w-]+/[\w-]+/$"
# The demonstration's first lecture is spoken, drawn and encoded after the start.
LECTURE_S = 15 * 60


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def demo_site() -> Iterator[tuple[str, Path]]:
    """The address of a demo site that answers and has its demo loaded, and the file of what it printed."""
    running = os.environ.get("SITE")
    if running:
        yield running.rstrip("/"), ROOT / "var" / "demo.txt"
        return
    var, port = Path(tempfile.mkdtemp(prefix="isocenter-shots-")), free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "ISOCENTER_VAR": str(var), "PORT": str(port), "HOST": "127.0.0.1"}
    process = subprocess.Popen([sys.executable, "scripts/serve.py"], cwd=ROOT, env=environment, start_new_session=True)
    try:
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline and not (var / "demo.txt").exists():
            if process.poll() is not None:
                raise SystemExit("screenshots: the site did not start (see above)")
            time.sleep(1)
        urllib.request.urlopen(f"{url}/healthz", timeout=30).close()
        yield url, var / "demo.txt"
    finally:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=40)
        process.kill()
        shutil.rmtree(var, ignore_errors=True)


def password(demo: Path) -> str:
    """The demo people's password, as the site printed it; DEMO_PASSWORD names another."""
    told = re.search(r"password (\S+)", demo.read_text()) if demo.exists() else None
    return os.environ.get("DEMO_PASSWORD", told.group(1) if told else "")


def shoot(page: Page, url: str, path: Path) -> None:
    answer = page.goto(url, wait_until="load")
    page.wait_for_timeout(400)
    state = answer.status if answer else 0
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    # As high as the page, so that what is loaded on sight is there and the bar at the bottom stands at the bottom.
    window = page.viewport_size
    if window:
        height = int(page.evaluate("document.documentElement.scrollHeight"))
        page.set_viewport_size({"width": window["width"], "height": max(height, window["height"])})
        page.wait_for_load_state("networkidle")
    page.screenshot(path=path, full_page=True)
    if window:
        page.set_viewport_size(window)
    print(f"{path.name}  {state}{'  WIDER THAN THE SCREEN' if wide else ''}", flush=True)


def links(page: Page, pattern: str) -> list[str]:
    found = [
        str(link)
        for link in page.eval_on_selector_all("a[href]", "links => links.map(link => link.href.split('#')[0])")
    ]
    return list(dict.fromkeys(link for link in found if re.search(pattern, urlsplit(link).path)))


def sign_in(page: Page, url: str, name: str, secret: str) -> bool:
    page.goto(f"{url}/{LANGUAGE}/account/login/")
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", secret)
    page.press("input[name=password]", "Enter")
    page.wait_for_load_state()
    if "/account/consent" in page.url:
        page.check("input[name=agree]")
        page.press("input[name=agree]", "Enter")
        page.wait_for_url(lambda address: "/account/consent" not in address)
    return "/account/login" not in page.url


def public_pages(page: Page, url: str) -> dict[str, str]:
    """Home, the sign-in page, the first catalogue and the first course that the pages link to."""
    found = {"home": f"{url}/{LANGUAGE}/", "home-en": f"{url}/en/", "sign-in": f"{url}/{LANGUAGE}/account/login/"}
    found["activation"] = f"{url}/{LANGUAGE}/account/activate/"
    page.goto(found["home"])
    inside = links(page, rf"^/{LANGUAGE}/(?!account|learning|credits|quizzes)[\w-]+/$")
    if inside:
        found["catalogue"] = inside[0]
        page.goto(inside[0])
        courses = links(page, rf"^{re.escape(urlsplit(inside[0]).path)}[\w-]+/$")
        if courses:
            found["course"] = courses[0]
    return found


def learner_pages(page: Page, url: str) -> dict[str, str]:
    found = {
        "my-learning": f"{url}/{LANGUAGE}/learning/",
        "my-credits": f"{url}/{LANGUAGE}/credits/",
        "notifications": f"{url}/{LANGUAGE}/account/notifications/",
        "my-details": f"{url}/{LANGUAGE}/account/details/",
    }
    page.goto(found["my-learning"])
    for link in links(page, LESSON)[:1]:
        page.goto(link)
        for other in links(page, LESSON):
            found.setdefault(f"lesson-{urlsplit(other).path.rstrip('/').rpartition('/')[2]}", other)
    if "lesson-quiz" in found:
        page.goto(found["lesson-quiz"])
        way_in = page.locator("form[action$='/quizzes/attempts/'] button")
        if way_in.count():
            way_in.click()
            page.wait_for_url("**/quizzes/attempts/*-*/")
            found["quiz"] = page.url
    lecture = first_lecture(page, url)
    if lecture:
        found["lesson"] = lecture
    return found


def first_lecture(page: Page, url: str) -> str:
    """The lesson of the recording that the demonstration makes first, once it plays; "" if it never does."""
    page.goto(f"{url}/{LANGUAGE}/courses/c7/", wait_until="networkidle")
    enrol = page.locator("form[action$='/enrol/'] button[type=submit]")
    if enrol.count():
        enrol.first.click()
        page.wait_for_load_state()
    lesson = f"{url}/{LANGUAGE}/courses/c7/lecture/"
    deadline = time.monotonic() + LECTURE_S
    while time.monotonic() < deadline:
        page.goto(lesson)
        if page.locator("main video").count():
            return lesson
        time.sleep(5)
    print("screenshots: the first lecture does not play; its page is left out", flush=True)
    return ""


def admin_pages(page: Page, url: str) -> dict[str, str]:
    manage = f"{url}/{LANGUAGE}/manage/"
    page.goto(f"{manage}people/")
    people = links(page, rf"^/{LANGUAGE}/manage/people/[0-9a-f-]{{36}}/$")
    parts = links(page, rf"^/{LANGUAGE}/manage/[\w-]+/$")
    return {
        "management": manage,
        **{f"management-{urlsplit(part).path.rstrip('/').rpartition('/')[2]}": part for part in parts},
        **dict(zip(["management-person"], people, strict=False)),
        "exports": urljoin(url, f"/{LANGUAGE}/credits/exports/"),
        "people": urljoin(url, f"/{LANGUAGE}/credits/people/"),
        "sign-offs": urljoin(url, f"/{LANGUAGE}/learning/sign-offs/"),
    }


def shoot_all(browser: Browser, url: str, secret: str, folder: Path) -> None:
    for width, height in WIDTHS.items():
        visits = [("", public_pages), ("learner", learner_pages), ("admin", admin_pages)]
        for name, pages in visits:
            context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
            page = context.new_page()
            if name and not sign_in(page, url, name, secret):
                print(f"screenshots: {name} could not sign in; pages of that role are left out", flush=True)
            else:
                for title, address in pages(page, url).items():
                    shoot(page, address, folder / f"{title}-{width}.png")
            context.close()


def main() -> None:
    folder = Path(
        sys.argv[1] if len(sys.argv) > 1 else os.environ.get("INTO", str(ROOT / "var" / "screenshots"))
    ).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    arguments = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with demo_site() as (url, demo), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        try:
            shoot_all(browser, url, password(demo), folder)
        finally:
            browser.close()
    print(f"pictures in {folder}")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
