"""The people and places everybody in the demo bank knows by name: posts, units, staff, customers.

All persons, firms and numbers are made up. Dates that belong to the story are days before the
business date, so that the story stays the same when the date moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

EXECUTIVE = "EXECUTIVE"
CRM_MANAGER = "CRM_MANAGER"
CRM_ANALYST = "CRM_ANALYST"
MARKETING = "MARKETING"
RETAIL = "RETAIL"
CORPORATE_MANAGER = "CORPORATE_MANAGER"
SYSTEM_ADMIN = "SYSTEM_ADMIN"
SECURITY_ADMIN = "SECURITY_ADMIN"
AUDIT_ADMIN = "AUDIT_ADMIN"
HR = "HR"
FINANCE = "FINANCE"
BRANCH_HEAD = "BRANCH_HEAD"
OUTLET_HEAD = "OUTLET_HEAD"
SUPERVISOR = "SUPERVISOR"
ACCOUNT_MANAGER = "ACCOUNT_MANAGER"
WEALTH_MANAGER = "WEALTH_MANAGER"
LOBBY_MANAGER = "LOBBY_MANAGER"
TELLER = "TELLER"
COMPLAINT_OFFICE = "COMPLAINT_OFFICE"
COMPLIANCE = "COMPLIANCE"
SERVICE_MONITOR = "SERVICE_MONITOR"
PRODUCT = "PRODUCT"
CALL_CENTRE = "CALL_CENTRE"
INTERNAL_AUDIT = "INTERNAL_AUDIT"

POSTS: tuple[str, ...] = (
    EXECUTIVE, CRM_MANAGER, CRM_ANALYST, MARKETING, RETAIL, CORPORATE_MANAGER, SYSTEM_ADMIN,
    SECURITY_ADMIN, AUDIT_ADMIN, HR, FINANCE, BRANCH_HEAD, OUTLET_HEAD, SUPERVISOR, ACCOUNT_MANAGER,
    WEALTH_MANAGER, LOBBY_MANAGER, TELLER, COMPLAINT_OFFICE, COMPLIANCE, SERVICE_MONITOR, PRODUCT,
    CALL_CENTRE, INTERNAL_AUDIT,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """A row of `outlets`: head office, department, branch or outlet."""

    outlet_code: str
    name: str
    kind: str
    parent_code: str | None
    region: str


@dataclass(frozen=True, slots=True)
class Employee:
    """A row of `staff`."""

    staff_no: str
    name: str
    post: str
    outlet_code: str
    hired_on: date


HEAD_OFFICE = "0000"
EAST_BRANCH, EAST_LAKE, SCIENCE_PARK = "1000", "1001", "1002"
WEST_BRANCH, WEST_GATE, LOTUS_ROAD = "1100", "1101", "1102"

UNITS: tuple[Unit, ...] = (
    Unit(HEAD_OFFICE, "天华银行总行", "HEAD_OFFICE", None, "天华市中心区"),
    Unit("0001", "高级管理层", "DEPARTMENT", HEAD_OFFICE, "天华市中心区"),
    Unit("0002", "客户关系管理部", "DEPARTMENT", HEAD_OFFICE, "天华市中心区"),
    Unit("0003", "市场营销部", "DEPARTMENT", HEAD_OFFICE, "天华市中心区"),
    Unit("0004", "零售业务部", "DEPARTMENT", HEAD_OFFICE, "天华市中心区"),
    Unit("0005", "公司业务部", "DEPARTMENT", HEAD_OFFICE, "天华市中心区"),
    Unit("0006", "信息技术部", "DEPARTMENT", HEAD_OFFICE, "天华市中心区"),
    Unit("0007", "人力资源部", "DEPARTMENT", HEAD_OFFICE, "天华市中心区"),
    Unit("0008", "财务部", "DEPARTMENT", HEAD_OFFICE, "天华市中心区"),
    Unit("0009", "合规部", "DEPARTMENT", HEAD_OFFICE, "天华市中心区"),
    Unit("0010", "服务工作领导小组办公室", "DEPARTMENT", HEAD_OFFICE, "天华市中心区"),
    Unit("0011", "内部审计部", "DEPARTMENT", HEAD_OFFICE, "天华市中心区"),
    Unit("0012", "产品研发部", "DEPARTMENT", HEAD_OFFICE, "天华市中心区"),
    Unit("0013", "客户服务中心", "DEPARTMENT", HEAD_OFFICE, "天华市中心区"),
    Unit(EAST_BRANCH, "城东支行", "SUB_BRANCH", HEAD_OFFICE, "天华市城东区"),
    Unit(EAST_LAKE, "东湖网点", "OUTLET", EAST_BRANCH, "天华市城东区"),
    Unit(SCIENCE_PARK, "科技园直管网点", "DIRECT_OUTLET", EAST_BRANCH, "天华市科技园区"),
    Unit(WEST_BRANCH, "城西支行", "SUB_BRANCH", HEAD_OFFICE, "天华市城西区"),
    Unit(WEST_GATE, "西城门网点", "OUTLET", WEST_BRANCH, "天华市城西区"),
    Unit(LOTUS_ROAD, "莲花路网点", "OUTLET", WEST_BRANCH, "天华市城西区"),
)

CHEN_XIAO, LIN_YATING, WANG_LEI = "T0101", "T0102", "T0103"

STAFF: tuple[Employee, ...] = (
    Employee("T0001", "梁志远", EXECUTIVE, "0001", date(2008, 3, 3)),  # 梁总
    Employee("T0002", "郑涛", CRM_MANAGER, "0002", date(2011, 7, 4)),
    Employee("T0003", "吴越", CRM_ANALYST, "0002", date(2019, 7, 1)),
    Employee("T0004", "许晴", MARKETING, "0003", date(2015, 9, 7)),
    Employee("T0005", "唐敏仪", RETAIL, "0004", date(2012, 5, 14)),
    Employee("T0006", "贺东明", CORPORATE_MANAGER, "0005", date(2010, 8, 16)),
    Employee("T0007", "罗建平", SYSTEM_ADMIN, "0006", date(2014, 4, 8)),
    Employee("T0008", "田雨", SECURITY_ADMIN, "0006", date(2017, 10, 9)),
    Employee("T0009", "蒋文博", AUDIT_ADMIN, "0006", date(2018, 3, 12)),
    Employee("T0010", "马丽", HR, "0007", date(2013, 6, 3)),
    Employee("T0011", "钱峰", FINANCE, "0008", date(2012, 11, 5)),
    Employee("T0012", "沈洁", COMPLIANCE, "0009", date(2014, 2, 17)),
    Employee("T0013", "高岚", COMPLAINT_OFFICE, "0010", date(2013, 9, 2)),
    Employee("T0014", "邵正", SERVICE_MONITOR, "0010", date(2016, 12, 5)),
    Employee("T0015", "魏国栋", INTERNAL_AUDIT, "0011", date(2009, 10, 12)),
    Employee("T0016", "苏曼", PRODUCT, "0012", date(2018, 7, 2)),
    Employee("T0017", "丁小雨", CALL_CENTRE, "0013", date(2021, 3, 1)),
    Employee("T0100", "孙立", BRANCH_HEAD, EAST_BRANCH, date(2009, 4, 20)),
    Employee(CHEN_XIAO, "陈晓", ACCOUNT_MANAGER, EAST_LAKE, date(2016, 7, 11)),
    Employee(LIN_YATING, "林雅婷", ACCOUNT_MANAGER, EAST_LAKE, date(2019, 8, 5)),
    Employee(WANG_LEI, "王磊", ACCOUNT_MANAGER, SCIENCE_PARK, date(2014, 10, 13)),
    Employee("T0104", "周敏", SUPERVISOR, EAST_BRANCH, date(2010, 5, 10)),
    Employee("T0105", "刘强", OUTLET_HEAD, EAST_LAKE, date(2010, 9, 6)),
    Employee("T0106", "何静", LOBBY_MANAGER, EAST_LAKE, date(2018, 6, 4)),
    Employee("T0107", "赵敏", TELLER, EAST_LAKE, date(2020, 7, 13)),
    Employee("T0108", "顾晓峰", OUTLET_HEAD, SCIENCE_PARK, date(2012, 3, 5)),
    Employee("T0109", "方圆", WEALTH_MANAGER, EAST_LAKE, date(2017, 4, 17)),
    Employee("T0200", "韩志刚", BRANCH_HEAD, WEST_BRANCH, date(2007, 11, 19)),
    Employee("T0201", "余婉清", SUPERVISOR, WEST_BRANCH, date(2011, 1, 10)),
)

NAMED_MANAGERS: dict[str, tuple[tuple[int, str], ...]] = {
    # Seat 1 of an outlet looks after its enterprises as well.
    EAST_LAKE: ((2, CHEN_XIAO), (3, LIN_YATING)),
    SCIENCE_PARK: ((1, WANG_LEI),),
}


@dataclass(frozen=True, slots=True)
class Holding:
    """An account of the cast. Days count back from the business date; a term ends `months` later."""

    role: int
    instance: int
    product_code: str
    opened_days_ago: int
    principal_yuan: int = 0
    months: int | None = None
    opening: str = "NEW"
    ending: str | None = None  # RENEWED, ROLLED or LEFT, when the term ended before the business date


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the cast."""

    kind: str
    days_ago: int
    outcome: str
    severity: int | None = None
    satisfaction: int | None = None
    intention: int | None = None
    amount_yuan: int | None = None


@dataclass(frozen=True, slots=True)
class Character:
    """A customer of the cast: the file, the temper the generator needs, accounts and events."""

    key: str
    file: dict[str, object]
    opened_days_ago: int
    closed_days_ago: int | None = None
    activity: str = "DORMANT"
    loyalty: int = 500
    digital: int = 500
    income_kind: str | None = None
    income_yuan: int = 0
    demand_average_yuan: int | None = None
    holdings: tuple[Holding, ...] = ()
    happenings: tuple[Happening, ...] = ()


CHARACTERS: tuple[Character, ...] = (
    Character(
        "zhang_wei",
        {
            "kind": "INDIVIDUAL", "name": "张伟", "sex": "M", "birth_on": date(1958, 10, 1),
            "id_type": "RESIDENT_ID", "id_no": "330106195810014715", "phone": "13957100462",
            "email": None, "address": "天华市城东区东湖路18号3幢502室", "region": "天华市城东区",
            "occupation": "退休人员", "industry": None, "business_type": "RETAIL",
            "customer_group": "GENERAL", "outlet_code": EAST_LAKE, "manager_no": CHEN_XIAO,
        },
        opened_days_ago=5_685, activity="MAIN", loyalty=780, digital=300,
        income_kind="PENSION", income_yuan=6_200, demand_average_yuan=300_000,
        holdings=(
            Holding(12, 0, "WM180", 306, 300_000, 6, ending="RENEWED"),
            Holding(12, 1, "WM180", 123, 300_000, 6, opening="RENEWED"),
            Holding(13, 0, "TD12", 427, 200_000, 12, ending="LEFT"),
            Holding(31, 0, "CC01", 150),
            Holding(51, 0, "IN01", 240, 20_000),
        ),
        happenings=(
            Happening("REFERRAL", 188, "QUALIFIED"),
            Happening("ANSWER", 130, "VALID", satisfaction=4, intention=8),
            Happening("COMPLAINT", 75, "FOUNDED", severity=1),
            Happening("CONTACT", 96, "DONE"),
            Happening("CONTACT", 33, "DONE"),
            Happening("HOLDINGS_ELSEWHERE", 33, "VALID", amount_yuan=350_000),
        ),
    ),
    Character(
        "li_na",
        {
            "kind": "INDIVIDUAL", "name": "李娜", "sex": "F", "birth_on": date(1991, 6, 18),
            "id_type": "RESIDENT_ID", "id_no": "33010219910618262X", "phone": "13861275678",
            "email": None, "address": "天华市城东区学府街66号2幢1103室", "region": "天华市城东区",
            "occupation": None, "industry": "教育", "business_type": "RETAIL",
            "customer_group": "GENERAL", "outlet_code": EAST_LAKE, "manager_no": CHEN_XIAO,
        },
        opened_days_ago=218, activity="MAIN", loyalty=610, digital=880,
        income_kind="SALARY", income_yuan=9_800, demand_average_yuan=45_000,
        holdings=(
            Holding(12, 0, "WM90", 152, 35_000, 3, ending="RENEWED"),
            Holding(12, 1, "WM90", 60, 35_000, 3, opening="RENEWED"),
            Holding(61, 0, "PR01", 210),
            Holding(71, 0, "SV01", 218),
        ),
        happenings=(
            Happening("ANSWER", 121, "VALID", satisfaction=4, intention=9),
            Happening("CONTACT", 58, "DONE"),
        ),
    ),
    Character(
        "chen_zhiqiang",
        {
            "kind": "INDIVIDUAL", "name": "陈志强", "sex": "M", "birth_on": date(1976, 11, 3),
            "id_type": "RESIDENT_ID", "id_no": "330203197611035236", "phone": "13705750931",
            "email": "chenzq@haichuan.example.com", "address": "天华市科技园区创新大道1号",
            "region": "天华市科技园区", "occupation": "企业负责人", "industry": "软件和信息技术",
            "business_type": "RETAIL", "customer_group": "WEALTH", "outlet_code": SCIENCE_PARK,
            "manager_no": WANG_LEI,
        },
        opened_days_ago=2_930, activity="ORDINARY", loyalty=660, digital=700,
        income_kind="TRANSFER_IN", income_yuan=60_000, demand_average_yuan=400_000,
        holdings=(
            Holding(12, 0, "WM365", 500, 2_200_000, 12, ending="RENEWED"),
            Holding(12, 1, "WM365", 135, 2_200_000, 12, opening="RENEWED"),
            Holding(71, 0, "SV01", 2_900),
        ),
        happenings=(Happening("CONTACT", 70, "DONE"), Happening("VISIT", 21, "DONE")),
    ),
    Character(
        "hai_chuan",
        {
            "kind": "ENTERPRISE", "name": "海川科技有限公司", "sex": None, "birth_on": None,
            "id_type": "USCC", "id_no": "91330201MA7HC2T861", "phone": "13705750931",
            "email": "finance@haichuan.example.com", "address": "天华市科技园区创新大道1号A座",
            "region": "天华市科技园区", "occupation": None, "industry": "软件和信息技术",
            "business_type": "CORPORATE", "customer_group": "GENERAL", "outlet_code": SCIENCE_PARK,
            "manager_no": WANG_LEI,
        },
        opened_days_ago=2_760, activity="MAIN", loyalty=720, digital=800,
        income_kind="TRANSFER_IN", income_yuan=3_000_000, demand_average_yuan=8_600_000,
        holdings=(
            Holding(12, 0, "CD06", 275, 5_000_000, 6, ending="RENEWED"),
            Holding(12, 1, "CD06", 94, 5_000_000, 6, opening="RENEWED"),
            Holding(21, 0, "LN05", 210, 10_000_000, 12),
            Holding(61, 0, "PR02", 2_000),
            Holding(81, 0, "SV03", 330),
        ),
        happenings=(
            Happening("REFERRAL", 160, "QUALIFIED"),
            Happening("ANSWER", 128, "VALID", satisfaction=4, intention=9),
            Happening("COMPLAINT", 52, "FOUNDED", severity=1),
            Happening("VISIT", 40, "DONE"),
        ),
    ),
    Character(
        "wang_fang",
        {
            "kind": "INDIVIDUAL", "name": "王芳", "sex": "F", "birth_on": date(2007, 3, 12),
            "id_type": "RESIDENT_ID", "id_no": "360102200703121842", "phone": "19957338812",
            "email": "wangfang07@example.com", "address": "天华市城东区天华大学学生公寓7幢",
            "region": "天华市城东区", "occupation": "学生", "industry": None,
            "business_type": "RETAIL", "customer_group": "GENERAL", "outlet_code": EAST_LAKE,
            "manager_no": CHEN_XIAO,
        },
        opened_days_ago=390, activity="ORDINARY", loyalty=520, digital=960,
        income_kind="TRANSFER_IN", income_yuan=1_800, demand_average_yuan=6_000,
        holdings=(Holding(71, 0, "SV01", 390),),
        happenings=(Happening("ANSWER", 124, "VALID", satisfaction=5, intention=9),),
    ),
    Character(
        "dead_file",
        {
            "kind": "INDIVIDUAL", "name": "老客户-0099", "sex": None, "birth_on": None,
            "id_type": None, "id_no": None, "phone": None, "email": None, "address": None,
            "region": None, "occupation": None, "industry": None, "business_type": "RETAIL",
            "customer_group": "GENERAL", "outlet_code": EAST_LAKE, "manager_no": CHEN_XIAO,
        },
        opened_days_ago=6_740, closed_days_ago=4_110,
    ),
)  # fmt: skip

RELATIONS: tuple[tuple[str, str, str, int], ...] = (
    ("chen_zhiqiang", "hai_chuan", "LEGAL_REPRESENTATIVE", 2_760),
    ("chen_zhiqiang", "hai_chuan", "CONTROLLER", 2_760),
    ("zhang_wei", "li_na", "REFERRED", 218),
)
"""From, to, kind, days ago: the first is the kind's bearer (he is the legal representative of the firm)."""
