"""The demonstration's two trees. Cities are those of the province; every hospital and society is made up."""

from django.utils import timezone

from organisations import provinces
from organisations.enums import HospitalLevel, NodeKind, Tree
from organisations.models import Node, Person
from organisations.services import trees

T, S, G = HospitalLevel.TERTIARY, HospitalLevel.SECONDARY, HospitalLevel.GRASSROOTS
# (code, city or county code, name, English name, level)
HOSPITALS = (
    ("D410101", "4101", "演示·郑州省级示范医院", "Demo Zhengzhou Provincial Hospital", T),
    ("D410102", "D4101X", "演示·郑州县域医共体总院", "Demo Zhengzhou County Alliance Hospital", S),
    ("D410103", "D4101X", "演示·郑州某乡镇卫生院", "Demo Zhengzhou Township Health Centre", G),
    ("D410104", "4101", "演示·郑州某医院老院区", "Demo Zhengzhou Hospital, old site", S),
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

# Closes some weeks after the demonstration was loaded.
OLD_SITE = "D410104"
PROVINCE, SOCIETY = "410000", "DS4100"


def load(*, by: Person | None = None) -> dict[str, Node]:
    """Both trees by code; what is already there is left alone."""
    henan = provinces.province(PROVINCE)
    assert henan is not None  # noqa: S101 - its file is part of the package
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
    for city in henan.cities:
        place(city.code, PROVINCE, administration, NodeKind.PREFECTURE, city.name, city.name_en)
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
    for number, city in enumerate(henan.branches, start=1):
        code = f"DS{number:02}"
        place(
            code,
            SOCIETY,
            society,
            NodeKind.BRANCH,
            f"演示·{city.short_name}影像技术学分会",
            f"Demo {city.name_en} branch",
        )
        if present[code].city_id is None:
            present[code] = trees.change_place(
                by=by, node=present[code], on=timezone.localdate(), city=present[city.code]
            )
    return present
