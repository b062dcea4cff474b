"""What 天华银行 sells. Margins, losses and fees are made up, of the size a city bank would see."""

from __future__ import annotations

from typing import NamedTuple


class Product(NamedTuple):
    """A row of `products`, with what the generator needs to run a position in it.

    `months` is the term (None: open-ended); `rate_ppm` the yearly rate the customer earns or pays.
    """

    product_code: str
    name: str
    category: str
    margin_ppm: int
    loss_ppm: int
    fee_cents: int
    is_chosen: bool
    months: int | None = None
    rate_ppm: int = 0


PRODUCTS: tuple[Product, ...] = (
    Product("DD01", "个人活期存款", "DEMAND", 15_000, 0, 0, False, None, 500),
    Product("DD02", "单位结算账户", "DEMAND", 16_000, 0, 36_000, False, None, 500),
    Product("TD03", "整存整取三个月", "TERM", 9_000, 0, 0, True, 3, 6_500),
    Product("TD06", "整存整取六个月", "TERM", 9_500, 0, 0, True, 6, 8_500),
    Product("TD12", "整存整取一年", "TERM", 10_000, 0, 0, True, 12, 9_500),
    Product("TD36", "整存整取三年", "TERM", 11_000, 0, 0, True, 36, 12_500),
    Product("CD03", "单位定期三个月", "TERM", 8_000, 0, 0, True, 3, 6_000),
    Product("CD06", "单位定期六个月", "TERM", 8_500, 0, 0, True, 6, 8_000),
    Product("LN01", "个人住房贷款", "LOAN", 9_000, 1_200, 0, True, 240, 31_000),
    Product("LN02", "个人消费贷款", "LOAN", 28_000, 9_000, 0, True, 24, 42_000),
    Product("LN03", "个人经营贷款", "LOAN", 24_000, 10_000, 0, True, 12, 39_000),
    Product("LN04", "小微企业贷款", "LOAN", 22_000, 9_000, 0, True, 12, 37_000),
    Product("LN05", "流动资金贷款", "LOAN", 17_000, 5_400, 0, True, 12, 34_000),
    Product("LN06", "项目贷款", "LOAN", 14_000, 4_200, 0, True, 60, 32_000),
    Product("CC01", "天华信用卡普卡", "CARD", 62_000, 24_000, 12_000, True),
    Product("CC02", "天华信用卡白金卡", "CARD", 55_000, 16_000, 60_000, True),
    Product("WM90", "天华稳盈90天", "WEALTH", 4_500, 0, 0, True, 3, 21_000),
    Product("WM180", "天华稳盈180天", "WEALTH", 5_000, 0, 0, True, 6, 23_500),
    Product("WM365", "天华稳盈一年", "WEALTH", 5_500, 0, 0, True, 12, 26_000),
    Product("FD01", "天华现金宝货币基金", "FUND", 2_500, 0, 0, True),
    Product("FD02", "天华成长混合基金", "FUND", 8_000, 0, 0, True),
    Product("IN01", "天华安享年金保险", "INSURANCE", 12_000, 0, 0, True),
    Product("PR01", "工资代发", "PAYROLL", 0, 0, 2_400, False),
    Product("PR02", "单位代发协议", "PAYROLL", 0, 0, 120_000, True),
    Product("SV01", "手机银行", "SERVICE", 0, 0, 0, False),
    Product("SV02", "保管箱", "SERVICE", 0, 0, 40_000, True),
    Product("SV03", "现金管理平台", "SERVICE", 0, 0, 600_000, True),
)
