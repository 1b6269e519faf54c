"""Original teaching diagrams. Each draws into the panel x 620–1220, y 176–624 of a slide."""

import math
from collections.abc import Callable

from cms.home.demo.drawing import ACCENT, COOL, GREEN, INK, MUTED, RED, RULE, WARM, Canvas

PLOT = (700.0, 250.0, 470.0, 300.0)


def spectra(canvas: Canvas) -> None:
    """Bremsstrahlung spectra at 80 and 120 kV: the end point of each is its tube voltage."""
    canvas.axes(PLOT, "光子能量 / keV", "相对光子数")

    def spectrum(peak: float) -> Callable[[float], float]:
        def value(share: float) -> float:
            energy = share * 140
            if energy >= peak or energy < 15:
                return 0.0
            filtered = math.exp(-((33 / energy) ** 3))
            return filtered * (peak - energy) / 140 * (1.75 if peak > 100 else 1.35)

        return value

    canvas.curve(PLOT, spectrum(120), ACCENT)
    canvas.curve(PLOT, spectrum(80), WARM)
    x, y, w, h = PLOT
    for energy in (40, 80, 120):
        canvas.line([(x + w * energy / 140, y + h), (x + w * energy / 140, y + h + 7)], MUTED, 2)
        canvas.text(x + w * energy / 140, y + h + 10, str(energy), 17, MUTED, anchor="ma")
    canvas.text(1010, 300, "120 kV", 22, ACCENT, "bold")
    canvas.text(716, 420, "80 kV", 22, WARM, "bold")


def noise(canvas: Canvas) -> None:
    """Noise falls with the square root of mAs while dose rises in proportion."""
    canvas.axes(PLOT, "mAs（相对值）", "相对值")
    canvas.curve(PLOT, lambda v: 0.85 / math.sqrt(1 + 3 * v), ACCENT)
    canvas.curve(PLOT, lambda v: 0.22 * (1 + 3 * v), WARM)
    x, y, w, h = PLOT
    for share, label in ((0.0, "1"), (1 / 3, "2"), (1.0, "4")):
        canvas.text(x + w * share, y + h + 10, label, 17, MUTED, anchor="ma")
    canvas.text(1085, 352, "噪声 ½", 22, ACCENT, "bold")
    canvas.text(1085, 236, "剂量 4 倍", 22, WARM, "bold")


def gantry(canvas: Canvas) -> None:
    """Tube, fan beam, detector arc and a patient centred, and one below the isocentre."""
    cx, cy = 920.0, 382.0
    canvas.ellipse(cx, cy, 196, 196, outline=MUTED, width=5)
    canvas.ellipse(cx, cy, 120, 120, outline=RULE, width=4)
    canvas.polygon([(cx, cy - 180), (cx - 118, cy + 142), (cx + 118, cy + 142)], "#e3f1f1")
    canvas.box(cx - 30, cy - 200, 60, 30, fill=WARM, outline=None, radius=6)
    canvas.draw.arc(((cx - 185) * 2, (cy - 185) * 2, (cx + 185) * 2, (cy + 185) * 2), 50, 130, fill=ACCENT, width=28)
    canvas.ellipse(cx, cy, 84, 52, fill="#f6dcc6", outline=INK)
    canvas.ellipse(cx, cy + 34, 84, 52, outline=RED, width=2)
    canvas.dashed((cx - 196, cy), (cx + 196, cy), COOL)
    canvas.dashed((cx, cy - 165), (cx, cy + 165), COOL)
    canvas.text(cx + 108, cy - 200, "X 线管", 19, WARM, "bold")
    canvas.text(cx + 158, cy + 132, "探测器", 19, ACCENT, "bold")
    canvas.text(640, 590, "红线：受检者偏低 4 cm，定位像与 AEC 失配", 19, RED)


def pitch(canvas: Canvas) -> None:
    """Table travel per rotation over beam width: three helices."""
    for row, (value, colour) in enumerate(((0.6, WARM), (1.0, ACCENT), (1.4, COOL))):
        y = 250.0 + row * 120
        canvas.text(640, y - 2, f"螺距 {value}", 22, colour, "bold")
        wave = [(760 + i, y + 22 + 30 * math.sin(i / (14 * value) * 1.0)) for i in range(0, 430, 2)]
        canvas.line(wave, colour, 4)
    canvas.text(640, 580, "螺距 = 每转床移动 ÷ 准直总宽", 22, INK, "bold")


def artefact(canvas: Canvas) -> None:
    """Dark band of beam hardening between dense bones, and a ring."""
    canvas.ellipse(780, 370, 110, 130, fill="#8ba3ad", outline="#e9eef0", width=12)
    canvas.polygon([(712, 392), (848, 392), (848, 412), (712, 412)], "#5d7681")
    canvas.ellipse(708, 402, 22, 18, fill="#ffffff", outline=None)
    canvas.ellipse(852, 402, 22, 18, fill="#ffffff", outline=None)
    canvas.text(780, 530, "射线束硬化：暗带", 21, INK, "bold", "ma")
    canvas.ellipse(1070, 370, 110, 110, fill="#8ba3ad", outline="#c3cfd4", width=6)
    for radius in (34, 62):
        canvas.ellipse(1070, 370, radius, radius, outline="#5d7681", width=4)
    canvas.text(1070, 530, "通道失配：环状", 21, INK, "bold", "ma")


def enhancement(canvas: Canvas) -> None:
    """Time-enhancement curves of the aorta, the portal vein and the liver."""
    canvas.axes(PLOT, "注射后时间 / s", "强化")
    curves = ((0.24, 0.085, 0.95, RED, "主动脉", 845, 268), (0.52, 0.17, 0.62, COOL, "门静脉", 1010, 330),
              (0.62, 0.27, 0.36, GREEN, "肝实质", 1090, 412))  # fmt: skip
    for centre, spread, height, colour, label, lx, ly in curves:

        def value(v: float, c: float = centre, s: float = spread, top: float = height) -> float:
            tail = s * (1.0 if v < c else 2.1)
            return top * math.exp(-(((v - c) / tail) ** 2))

        canvas.curve(PLOT, value, colour)
        canvas.text(lx, ly, label, 20, colour, "bold")
    x, y, w, h = PLOT
    for second in (25, 60, 90):
        canvas.text(x + w * second / 110, y + h + 10, str(second), 17, MUTED, anchor="ma")
    canvas.text(640, 590, "曲线为示意，时相以本院方案为准", 18, MUTED)


def pressure(canvas: Canvas) -> None:
    """Injection pressure: a plateau in a good vein, a steady rise in extravasation."""
    canvas.axes(PLOT, "注射时间 / s", "压力")
    canvas.curve(PLOT, lambda v: 0.36 * (1 - math.exp(-v * 16)), GREEN)
    canvas.curve(PLOT, lambda v: min(0.95, 0.36 * (1 - math.exp(-v * 16)) + max(0.0, v - 0.3) * 1.0), RED)
    canvas.dashed((700, 300), (1170, 300), MUTED)
    canvas.text(820, 268, "压力上限", 18, MUTED, anchor="ra")
    canvas.text(1050, 452, "正常：平台", 20, GREEN, "bold")
    canvas.text(716, 352, "外渗或折管：持续升高", 20, RED, "bold")


def questions(canvas: Canvas) -> None:
    """Three questions before, two looks during, three deeds after."""
    columns = (
        ("用前三问", WARM, ("过敏与不良反应史", "肾功能", "甲状腺与特殊用药")),
        ("用中两看", ACCENT, ("压力曲线", "患者反应")),
        ("用后三做", COOL, ("观察", "记录", "上报")),
    )
    for number, (head, colour, lines) in enumerate(columns):
        x = 640.0 + number * 195
        canvas.box(x, 220, 180, 350, fill="#ffffff", outline=colour, width=3)
        canvas.box(x, 220, 180, 56, fill=colour, outline=None)
        canvas.text(x + 90, 248, head, 24, "#ffffff", "bold", "mm")
        for row, line in enumerate(lines):
            canvas.text(x + 90, 325 + row * 76, line, 20 if len(line) > 6 else 23, INK, anchor="mm")


def reaction(canvas: Canvas) -> None:
    """Steps when a severe reaction is suspected."""
    steps = (
        ("停", "停用对比剂"),
        ("通", "保留静脉通路"),
        ("呼", "呼救，启动预案"),
        ("测", "监测血压与血氧"),
        ("记", "记录并上报"),
    )
    for row, (mark, text) in enumerate(steps):
        y = 236.0 + row * 74
        canvas.ellipse(690, y + 24, 28, 28, fill=RED if row == 0 else ACCENT, outline=None)
        canvas.text(690, y + 24, mark, 26, "#ffffff", "bold", "mm")
        canvas.text(744, y + 24, text, 27, INK, "bold", "lm")
        if row < 4:
            canvas.line([(690, y + 54), (690, y + 70)], MUTED, 3)


def heartbeat(v: float) -> float:
    """One cardiac cycle of an idealised ECG, 0..1 over the R-R interval beginning at R."""
    parts = ((0.0, 0.010, 0.80), (0.022, 0.010, -0.16), (1.0, 0.010, 0.80), (0.972, 0.010, -0.10),
             (0.28, 0.045, 0.20), (0.86, 0.028, 0.11))  # fmt: skip
    return 0.22 + sum(height * math.exp(-(((v - centre) / width) ** 2)) for centre, width, height in parts)


def gating(canvas: Canvas) -> None:
    """Prospective triggering at 75 % of the R-R interval at a low heart rate."""
    box = (660.0, 240.0, 520.0, 190.0)
    x, y, w, h = box
    for beat in range(2):
        start = x + w * beat * 0.5
        canvas.box(start + w * 0.5 * 0.70, y - 6, w * 0.5 * 0.10, h + 22, fill="#d9eeee", outline=None, radius=4)
    canvas.line([(x + w * i / 400, y + h - h * heartbeat((i / 200) % 1.0)) for i in range(401)], RED, 3)
    for beat in range(2):
        canvas.text(x + w * beat * 0.5 + w * 0.5 * 0.75, y + h + 26, "75%", 20, ACCENT, "bold", "ma")
        canvas.text(x + w * beat * 0.5 + 4, y - 34, "R", 20, RED, "bold")
    canvas.text(x, 500, "低心率：舒张中晚期（约 70%–80%）冠脉最静止", 21, INK)
    canvas.text(x, 544, "高心率：最静止期移到收缩末期（约 35%–45%）", 21, INK)


def motion(canvas: Canvas) -> None:
    """Speed of a coronary artery over the R-R interval at two heart rates."""
    canvas.axes(PLOT, "R-R 间期 / %", "冠脉运动速度")

    def speed(v: float) -> float:
        bumps = ((0.12, 0.09, 0.75), (0.52, 0.07, 0.88), (0.93, 0.05, 0.66))
        return 0.05 + sum(height * math.exp(-(((v - c) / s) ** 2)) for c, s, height in bumps)

    x, y, w, h = PLOT
    canvas.box(x + w * 0.68, y, w * 0.14, h, fill="#d9eeee", outline=None, radius=4)
    canvas.box(x + w * 0.29, y, w * 0.10, h, fill="#fbe7d8", outline=None, radius=4)
    canvas.curve(PLOT, speed, RED)
    canvas.text(x + w * 0.75, y + 4, "舒张期静止", 18, ACCENT, "bold", "ma")
    canvas.text(x + w * 0.34, y + 4, "收缩末期", 18, WARM, "bold", "ma")
    for percent in (35, 75):
        canvas.text(x + w * percent / 100, y + h + 10, str(percent), 17, MUTED, anchor="ma")


def bolus(canvas: Canvas) -> None:
    """Bolus tracking: the trigger threshold, the delay, the scan."""
    canvas.axes(PLOT, "时间 / s", "升主动脉 CT 值")
    canvas.curve(PLOT, lambda v: 0.92 / (1 + math.exp(-(v - 0.42) * 16)) * (1 - max(0.0, v - 0.72) * 1.3), RED)
    x, y, w, h = PLOT
    canvas.dashed((x, y + h - h * 0.32), (x + w, y + h - h * 0.32), WARM)
    canvas.text(x + 6, y + h - h * 0.32 - 32, "触发阈值", 19, WARM, "bold")
    canvas.box(x + w * 0.5, y + 10, w * 0.2, h - 10, fill=None, outline=ACCENT, width=3)
    canvas.text(x + w * 0.6, y + h - 40, "采集", 21, ACCENT, "bold", "ma")


def steps_artefact(canvas: Canvas) -> None:
    """A vessel broken by a stair-step, and the three ways to mend it."""
    for piece, shift in enumerate((0, 26, 6)):
        left = 660 + piece * 84
        canvas.line([(left, 300 + shift), (left + 82, 330 + shift)], RED, 16)
    canvas.text(786, 400, "阶梯样错层", 22, RED, "bold", "ma")
    for row, text in enumerate(("换时相重建", "心电编辑", "运动校正算法")):
        canvas.box(950, 250 + row * 84, 230, 60, fill="#e3f1f1", outline=ACCENT)
        canvas.text(1065, 280 + row * 84, text, 23, INK, "bold", "mm")
    canvas.text(640, 560, "先用已有数据补救，再由医师判断是否重扫", 21, INK)


def chest(canvas: Canvas) -> None:
    """What a chest PA must show, as a drawing."""
    cx = 820.0
    canvas.box(cx - 160, 206, 320, 390, fill="#22343b", outline=None)
    for side in (-1, 1):
        canvas.ellipse(cx + side * 72, 400, 58, 140, fill="#0e181c", outline="#8ba3ad", width=3)
        canvas.line([(cx + side * 12, 262), (cx + side * 118, 234)], "#c3cfd4", 6)
        for rib in range(5):
            canvas.line([(cx + side * 24, 300 + rib * 44), (cx + side * 122, 326 + rib * 44)], "#5d7681", 3)
    canvas.line([(cx, 230), (cx, 560)], "#c3cfd4", 8)
    canvas.ellipse(cx + 22, 470, 50, 56, fill="#8ba3ad", outline=None)
    for row, text in enumerate(
        ("肺尖包全", "胸锁关节对称", "肩胛骨移出", "膈顶达 9–10 后肋", "肋膈角包全", "左右标识")
    ):
        canvas.ellipse(1016, 244 + row * 60, 12, 12, fill=GREEN, outline=None)
        canvas.line([(1010, 244 + row * 60), (1015, 250 + row * 60), (1023, 238 + row * 60)], "#ffffff", 3)
        canvas.text(1040, 244 + row * 60, text, 22, INK, anchor="lm")


def recognition(canvas: Canvas) -> None:
    """One image, three hospitals: what travels is the image and its evidence."""
    for x, name in ((712, "乡镇卫生院"), (920, "县医院"), (1128, "省级医院")):
        canvas.box(x - 66, 250, 132, 110, fill="#e3f1f1", outline=ACCENT)
        canvas.line([(x - 20, 305), (x + 20, 305)], ACCENT, 8)
        canvas.line([(x, 285), (x, 325)], ACCENT, 8)
        canvas.text(x, 376, name, 21, INK, "bold", "ma")
    canvas.arrow((776, 305), (844, 305), WARM, 4)
    canvas.arrow((996, 305), (1064, 305), WARM, 4)
    canvas.text(640, 450, "互认的是检查结果与图像数据，", 23, INK)
    canvas.text(640, 490, "不是医师的诊断意见。", 23, INK)
    canvas.text(640, 546, "前提：图像合格、信息一致、质控可查", 23, ACCENT, "bold")


def cycle(canvas: Canvas) -> None:
    """The quality circle."""
    cx, cy, r = 920.0, 396.0, 140.0
    names = (("计划", ACCENT), ("执行", COOL), ("检查", WARM), ("改进", GREEN))
    for number, (name, colour) in enumerate(names):
        angle = math.radians(90 - number * 90)
        x, y = cx + r * math.cos(angle), cy - r * math.sin(angle)
        follow = math.radians(90 - number * 90 - 68)
        lead = math.radians(90 - number * 90 - 24)
        canvas.arrow(
            (cx + r * math.cos(lead), cy - r * math.sin(lead)),
            (cx + r * math.cos(follow), cy - r * math.sin(follow)), MUTED, 4,
        )  # fmt: skip
        canvas.ellipse(x, y, 56, 56, fill=colour, outline=None)
        canvas.text(x, y, name, 26, "#ffffff", "bold", "mm")
    canvas.text(cx, cy, "重拍率\n分析", 24, INK, "bold", "mm")


def magnification(canvas: Canvas) -> None:
    """Why 180 cm: the heart's shadow at two focus distances."""
    for left, distance, focus_y, colour in ((690, "100 cm", 330, RED), (960, "180 cm", 226, GREEN)):
        focus = (left + 110.0, float(focus_y))
        detector = 560.0
        canvas.ellipse(focus[0], focus[1], 9, 9, fill=WARM, outline=None)
        heart_y, half = 486.0, 44.0
        spread = half * (detector - focus[1]) / (heart_y - focus[1])
        for side in (-1, 1):
            canvas.line([focus, (focus[0] + side * spread, detector)], colour, 2)
        canvas.ellipse(focus[0], heart_y, half, 26, fill="#f2c9c9", outline=RED)
        canvas.line([(left, detector), (left + 220, detector)], INK, 6)
        canvas.line([(focus[0] - spread, detector + 12), (focus[0] + spread, detector + 12)], colour, 7)
        canvas.text(focus[0], 584, f"焦–片距 {distance}", 20, colour, "bold", "ma")


def exposure(canvas: Canvas) -> None:
    """Deviation index: what the number says."""
    x, y = 660.0, 360.0
    for number, (colour, share) in enumerate(((COOL, "偏低"), (GREEN, "适宜"), (RED, "偏高"))):
        canvas.box(x + number * 175, y, 172, 46, fill=colour, outline=None, radius=4)
        canvas.text(x + number * 175 + 86, y + 23, share, 23, "#ffffff", "bold", "mm")
    for place, label in ((175, "−1"), (262, "0"), (350, "+1")):
        canvas.text(x + place, y + 58, label, 22, INK, "bold", "ma")
    canvas.text(660, 270, "偏差指数 DI", 28, INK, "bold")
    canvas.text(660, 470, "DI = 10 × lg（EI ÷ 目标 EI）", 25, INK)
    canvas.text(660, 520, "DI 每差 +3，探测器剂量约为目标的 2 倍", 22, MUTED)


def refer(canvas: Canvas) -> None:
    """When to stop and refer."""
    for row, (text, colour) in enumerate(
        (("生命体征不稳", RED), ("疑似不稳定骨折", RED), ("妊娠可能、指征不明", WARM), ("设备状态异常", WARM))
    ):
        canvas.box(650, 226 + row * 84, 330, 62, fill="#ffffff", outline=colour, width=3)
        canvas.text(815, 257 + row * 84, text, 24, INK, "bold", "mm")
        canvas.arrow((984, 257 + row * 84), (1046, 257 + row * 84), colour, 4)
    canvas.box(1054, 226, 136, 314, fill="#e3f1f1", outline=ACCENT)
    canvas.text(1122, 352, "暂停", 27, INK, "bold", "mm")
    canvas.text(1122, 392, "联系医师", 24, INK, "bold", "mm")
    canvas.text(1122, 430, "或转诊", 24, INK, "bold", "mm")
