"""The demonstration's two trees. Cities are those of the province; every hospital and society is made up."""

from organisations.enums import HospitalLevel, NodeKind, Tree
from organisations.models import Node, Person
from organisations.services import trees

# (division code, Chinese name, English name) of all 18 prefecture-level units of Henan (GB/T 2260).
PREFECTURES = (
    ("4101", "郑州市", "Zhengzhou"),
    ("4102", "开封市", "Kaifeng"),
    ("4103", "洛阳市", "Luoyang"),
    ("4104", "平顶山市", "Pingdingshan"),
    ("4105", "安阳市", "Anyang"),
    ("4106", "鹤壁市", "Hebi"),
    ("4107", "新乡市", "Xinxiang"),
    ("4108", "焦作市", "Jiaozuo"),
    ("4109", "濮阳市", "Puyang"),
    ("4110", "许昌市", "Xuchang"),
    ("4111", "漯河市", "Luohe"),
    ("4112", "三门峡市", "Sanmenxia"),
    ("4113", "南阳市", "Nanyang"),
    ("4114", "商丘市", "Shangqiu"),
    ("4115", "信阳市", "Xinyang"),
    ("4116", "周口市", "Zhoukou"),
    ("4117", "驻马店市", "Zhumadian"),
    ("419001", "济源市", "Jiyuan"),
)
# The cities that have a branch of the society.
BRANCHES = ("郑州", "开封", "南阳", "漯河", "三门峡", "洛阳", "平顶山", "鹤壁", "驻马店", "许昌", "周口")

T, S, G = HospitalLevel.TERTIARY, HospitalLevel.SECONDARY, HospitalLevel.GRASSROOTS
# (code, city or county code, name, English name, level)
HOSPITALS = (
    ("D410101", "4101", "演示·郑州省级示范医院", "Demo Zhengzhou Provincial Hospital", T),
    ("D410102", "D4101X", "演示·郑州县域医共体总院", "Demo Zhengzhou County Alliance Hospital", S),
    ("D410103", "D4101X", "演示·郑州某乡镇卫生院", "Demo Zhengzhou Township Health Centre", G),
    ("D410201", "4102", "演示·开封市示范医院", "Demo Kaifeng Hospital", T),
    ("D411301", "4113", "演示·南阳市示范医院", "Demo Nanyang Hospital", T),
    ("D411302", "D4113X", "演示·南阳某县人民医院", "Demo Nanyang County Hospital", S),
    ("D411101", "4111", "演示·漯河市示范医院", "Demo Luohe Hospital", T),
    ("D411201", "4112", "演示·三门峡市示范医院", "Demo Sanmenxia Hospital", S),
    ("D410301", "4103", "演示·洛阳骨科专科示范医院", "Demo Luoyang Orthopaedic Hospital", T),
    ("D410302", "4103", "演示·洛阳某社区卫生服务中心", "Demo Luoyang Community Health Centre", G),
    ("D410401", "4104", "演示·平顶山市示范医院", "Demo Pingdingshan Hospital", T),
    ("D410601", "4106", "演示·鹤壁市示范医院", "Demo Hebi Hospital", S),
    ("D411701", "4117", "演示·驻马店市示范医院", "Demo Zhumadian Hospital", T),
    ("D411702", "4117", "演示·驻马店某乡镇卫生院", "Demo Zhumadian Township Health Centre", G),
    ("D411001", "4110", "演示·许昌市示范医院", "Demo Xuchang Hospital", T),
    ("D411601", "4116", "演示·周口市示范医院", "Demo Zhoukou Hospital", T),
    ("D411602", "4116", "演示·周口某县人民医院", "Demo Zhoukou County Hospital", S),
)
COUNTIES = (
    ("D4101X", "4101", "演示·郑州某县", "Demo county, Zhengzhou"),
    ("D4113X", "4113", "演示·南阳某县", "Demo county, Nanyang"),
)
DEPARTMENTS = (("CT室", "CT"), ("磁共振室", "MR"), ("普通放射室", "DR"))

PROVINCE, SOCIETY = "410000", "DS4100"


def load(*, by: Person | None = None) -> dict[str, Node]:
    """Both trees by code; what is already there is left alone."""
    present = {node.code: node for node in Node.objects.all()}

    def place(
        code: str, parent: str | None, tree: Tree, kind: NodeKind, name: str, name_en: str, level: str = ""
    ) -> None:
        if code not in present:
            present[code] = trees.add_place(
                by=by, parent=present[parent] if parent else None, tree=tree, kind=kind, name=name, code=code,
                name_en=name_en, level=level, is_demo=True,
            )  # fmt: skip

    administration, society = Tree.ADMINISTRATION, Tree.SOCIETY
    place(PROVINCE, None, administration, NodeKind.PROVINCE, "河南省", "Henan")
    for code, name, name_en in PREFECTURES:
        place(code, PROVINCE, administration, NodeKind.PREFECTURE, name, name_en)
    for code, parent, name, name_en in COUNTIES:
        place(code, parent, administration, NodeKind.COUNTY, name, name_en)
    for code, parent, name, name_en, level in HOSPITALS:
        place(code, parent, administration, NodeKind.HOSPITAL, name, name_en, level)
    for name, name_en in DEPARTMENTS:
        place(f"D410101{name_en}", "D410101", administration, NodeKind.DEPARTMENT, name, name_en)
    place(
        SOCIETY,
        None,
        society,
        NodeKind.SOCIETY,
        "演示·河南省影像技术学分会",
        "Demo Henan Society of Imaging Technology",
    )
    english = {name.removesuffix("市"): name_en for _, name, name_en in PREFECTURES}
    for number, city in enumerate(BRANCHES, start=1):
        place(
            f"DS{number:02}", SOCIETY, society, NodeKind.BRANCH, f"演示·{city}影像技术学分会",
            f"Demo {english[city]} branch",
        )  # fmt: skip
    return present
