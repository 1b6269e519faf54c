"""The recordings that the media engine is measured with, made here, as heavy as the lectures they stand for.

A slide lecture of 1920 × 1080 takes about 1 Mb/s as it comes from a recorder, a scrolled console about 10.
"""

import subprocess
from pathlib import Path

FONT = "Noto Sans CJK SC"
SLIDE_S = 10
SLIDES = (
    ("CT 检查技术规范", "螺距与层厚 Helical pitch", "·  扫描范围与患者体位", "·  Dose length product (DLP)"),
    ("对比剂的使用 Contrast media", "·  肾功能与过敏史", "·  Flow rate 3–5 ml/s, 80–100 ml", "·  延迟时间与团注追踪"),
    ("图像质量 Image quality", "噪声、空间分辨率与伪影", "·  Beam hardening, motion, metal", "·  重建算法与卷积核"),
)
SPEECH = (
    "The pitch is the travel of the table in one rotation, divided by the width of the beam. With a larger pitch the "
    "scan is shorter and the dose is lower, and the slices become thicker. Ask for allergies and for the function of "
    "the kidneys before every injection, and write down what was given. Noise grows when the dose falls. "
)


def run(*words: str | Path) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, words)], check=True)


def slides(folder: Path, seconds: int) -> Path:
    """Slides with text in two languages, a small moving picture with a camera's noise, speech in a room."""
    path, speech = folder / "slides.mp4", folder / "speech.wav"
    subprocess.run(["espeak-ng", "-v", "en", "-s", "150", "-w", str(speech), SPEECH], check=True)
    page = "color=c=0xf4f1e8:s=1920x1080:r=25,format=yuv420p"
    for number, lines in enumerate(SLIDES):
        words = folder / f"slide-{number}.txt"
        words.write_text("\n".join(lines))
        when = f"enable='eq(mod(floor(t/{SLIDE_S}),{len(SLIDES)}),{number})'"
        look = f"font='{FONT}':fontsize=64:line_spacing=30:x=140:y={160 + 60 * number}:fontcolor=0x102030"
        page += f",drawtext=textfile={words}:{look}:{when}"
    count = f"drawtext=font='{FONT}':text='%{{eif\\:floor(t/{SLIDE_S})+1\\:d}}':fontsize=120:x=1700:y=80"
    face = "testsrc2=s=320x240:r=25,format=yuv420p,boxblur=1,noise=c0s=5:c0f=t:all_seed=5"
    graph = f"{page},{count}:fontcolor=0x205080[page];{face}[face];[page][face]overlay=1560:800[v];"
    graph += "[0:a]aresample=48000[said];anoisesrc=c=pink:a=0.02:r=48000:seed=1[room];"
    graph += "[said][room]amix=duration=longest:normalize=0[a]"
    _encode(path, graph, seconds, "-stream_loop", "-1", "-i", speech)
    return path


def console(folder: Path, seconds: int) -> Path:
    """Two viewports of noisy slices, scrolled at ten slices a second in bursts of three seconds, and a still frame."""
    path = folder / "console.mp4"
    noise = "noise=alls=8:allf=t:all_seed=5"
    scrolled = f"gradients=s=430x430:r=10:speed=0.12:n=6:type=circular:seed=3,format=gray,{noise},scale=860:860,fps=25"
    still = "gradients=s=860x860:r=1:speed=0.00001:n=4:seed=7,format=gray,fps=25"
    burst = "enable='lt(mod(t,6),3)'"
    graph = (
        f"{scrolled},format=yuv420p,split[s1][s2];{still},format=yuv420p,split[p1][p2];"
        "color=c=0x181818:s=1920x1080:r=25,format=yuv420p[frame];"
        "[frame][p1]overlay=60:110[one];[one][p2]overlay=1000:110[both];"
        f"[both][s1]overlay=60:110:{burst}[left];[left][s2]overlay=1000:110:{burst}[v];"
        "anoisesrc=c=pink:a=0.05:r=48000:seed=1[a]"
    )
    _encode(path, graph, seconds)
    return path


def talk(folder: Path, seconds: int) -> Path:
    """A small picture of ten frames a second that moves, and a tone: long and cheap."""
    path = folder / "talk.mp4"
    _encode(path, "testsrc2=s=640x360:r=10,format=yuv420p[v];sine=frequency=200[a]", seconds)
    return path


def _encode(path: Path, graph: str, seconds: int, *inputs: str | Path) -> None:
    lossy = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-g", "250", "-c:a", "aac", "-b:a", "128k"]
    run(*inputs, "-filter_complex", graph, "-map", "[v]", "-map", "[a]", "-t", str(seconds), *lossy, path)
