"""What the columns of a shop's table mean: headers in English and Chinese to the fields of a Product.

Names are compared without capitals, width, spaces, hyphens, underscores and brackets. A column that is not known
becomes an attribute of its own name, so that nothing is lost.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

# target: the headers that mean it. "a:x" is the attribute x.
ALIASES = {
    "sku": "sku, sku id, sku code, sku number, variant sku, item sku, seller sku, product id, item id, item number, "
    "article number, id, asin, 货号, sku编码, 商品编码, 商品编号, 商家编码, 产品编号, 产品编码, 编号, 编码, 款号, "
    "商品id, 商品货号, 产品货号, 物料编码",
    "group": "group, group id, item group id, parent sku, parent id, style id, style code, spu, spu编码, "
    "product group, handle, url handle, model number, 款式编号, 款式, 组",
    "title": "title, name, product name, product title, item name, 标题, 商品标题, 商品名称, 名称, 品名, 产品名称, "
    "产品标题, 商品名, 宝贝标题",
    "description": "description, body, body html, product description, details, caption, text, 描述, 商品描述, 详情, "
    "商品详情, 产品描述, 说明, 卖点, 宝贝描述",
    "category": "category, product category, categories, product type, type, google product category, class, label, "
    "类目, 商品类目, 分类, 商品分类, 类别, 品类, 产品分类, 产品类别, 宝贝类目",
    "price": "price, variant price, unit price, sale price, retail price, list price, price usd, price eur, price cny, "
    "价格, 售价, 单价, 销售价, 零售价, 商品价格, 一口价, 金额",
    "currency": "currency, currency code, price currency, 币种, 货币, 货币代码",
    "image": "image, images, image path, image paths, image file, image files, image src, image url, image urls, "
    "image link, image links, img, img url, picture, pictures, picture url, photo, photos, photo url, file, file name, "
    "filename, path, main image, main image url, product image url, additional image link, additional image links, "
    "additional images, image name, 图片, 主图, 商品图片, 产品图片, 图片地址, 图片链接, 图片路径, 图片url, 图片文件, "
    "图片文件名, 照片, 主图链接, 主图地址, 附图, 副图, 详情图, 商品主图, 宝贝图片",
    "matte": "matte, matte path, mask, mask path, alpha, 蒙版, 遮罩, 抠图",
    "alt": "alt, alt text, image alt, image alt text, 替代文本, 图片描述, 图片说明",
    "role": "role, image role, view, angle, image type, 角度, 视角, 图片类型",
    "position": "position, image position, 图片序号, 图片位置",
    "split": "split, subset, set, partition, 划分, 数据集划分",
    "source": "source, data source, 来源, 数据来源",
    "licence": "licence, license, rights, usage rights, 许可, 许可证, 授权, 版权",
    "a:colour": "colour, color, colour name, color name, 颜色, 颜色分类, 颜色名称, 色号, 色彩",
    "a:material": "material, materials, fabric, 材质, 材料, 面料, 质地",
    "a:size": "size, sizes, 尺码, 尺寸, 规格, 大小",
    "a:brand": "brand, vendor, manufacturer, 品牌, 厂商, 供应商",
    "a:gender": "gender, 性别, 适用性别",
    "a:age_group": "age group, 年龄段, 适用年龄",
    "a:pattern": "pattern, 图案, 花色",
    "a:gtin": "gtin, ean, upc, barcode, variant barcode, gtin13, 条码, 条形码, 商品条码",
    "a:tags": "tags, keywords, 标签, 关键词, 关键字",
    "a:subcategory": "subcategory, sub category, 二级类目, 子类目, 二级分类, 子分类",
    "a:weight": "weight, 重量, 净重",
}
MANY = frozenset(("image",))  # targets that several columns may fill
LANGUAGES = {
    "en": "en, english, en us, en gb, 英文, 英语",
    "zh": "zh, cn, chinese, zh cn, zh hans, 中文, 汉语, 简体",
    "zh-TW": "zh tw, zh hant, 繁体, 繁體",
    "de": "de, german, 德语",
    "fr": "fr, french, 法语",
    "es": "es, spanish, 西班牙语",
    "ja": "ja, jp, japanese, 日文, 日语",
    "ko": "ko, kr, korean, 韩文, 韩语",
}
SPLIT_NAMES = {
    "train": ("train", "training", "训练", "训练集"),
    "validation": ("validation", "valid", "val", "dev", "验证", "验证集"),
    "test": ("test", "testing", "测试", "测试集"),
}
_CURRENCIES = {
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "₩": "KRW",
    "元": "CNY",
    "rmb": "CNY",
    "人民币": "CNY",
    "港币": "HKD",
}
_SIGN = r"us\$|rmb|人民币|[$¥€£₹₩元]|[a-z]{3}"
_PRICE = re.compile(
    rf"(?P<before>{_SIGN})?\s*(?P<number>-?\d[\d.,'’]*(?:\s\d{{3}})*(?:[.,]\d*)?)\s*(?P<after>{_SIGN})?", re.IGNORECASE
)
_NUMBERED = re.compile(r"^(.*?[^\d\s])\s*\d{1,3}$")


def plain(header: str) -> str:
    """A header as it is compared: NFKC, small letters, one space for every run of anything that is no letter.

    >>> plain(" Image_Src "), plain("SKU编码"), plain("g:image_link"), plain("Price (USD)")
    ('image src', 'sku编码', 'image link', 'price usd')
    """
    text = unicodedata.normalize("NFKC", header).casefold().strip().removeprefix("g:")
    return " ".join(re.split(r"[\W_]+", text)).strip()


TARGET_OF = {plain(name): target for target, names in ALIASES.items() for name in names.split(",")}
LANGUAGE_OF = {plain(name): code for code, names in LANGUAGES.items() for name in names.split(",")}
SPLIT_OF = {name: split for split, names in SPLIT_NAMES.items() for name in names}


def target_of(header: str) -> str | None:
    """The target a header means, `title@zh` for a title in a language, or None if it is not known.

    >>> target_of("颜色"), target_of("Image 2"), target_of("title_zh"), target_of("中文标题"), target_of("Foo")
    ('a:colour', 'image', 'title@zh', 'title@zh', None)
    """
    name = plain(header)
    if name in TARGET_OF:
        return TARGET_OF[name]
    if (numbered := _NUMBERED.match(name)) and TARGET_OF.get(numbered[1].strip()) in MANY:
        return "image"
    for base in ("title", "description"):
        for word, code in LANGUAGE_OF.items():
            for rest in (name.removeprefix(word), name.removesuffix(word)):
                if rest != name and TARGET_OF.get(rest.strip()) == base:
                    return f"{base}@{code}"
    return None


def is_known(header: str) -> bool:
    """Whether the header means something to packshot."""
    return target_of(header) is not None


def targets_of(headers: Iterable[str], sku_column: str = "") -> list[str]:
    """The target of every column, in order; unknown ones become attributes, "" for a column without a name.

    `sku_column` names the column to take as sku. Without one, a table that has no sku column takes its group column.
    Two titles: the one with a Chinese header is the Chinese title. Any other second column of a target that holds
    one value is kept as an attribute of its own name.
    """
    names = [h.strip() for h in headers]
    found = [target_of(h) or (f"a:{h}" if h else "") for h in names]
    if sku_column:
        found = [f"a:{h}" if t == "sku" else t for h, t in zip(names, found, strict=True)]
        found = ["sku" if plain(h) == plain(sku_column) else t for h, t in zip(names, found, strict=True)]
    elif "sku" not in found and "group" in found:
        found[found.index("group")] = "sku"
    for base in ("title", "description"):
        if found.count(base) > 1:
            found = [f"{base}@zh" if t == base and not h.isascii() else t for h, t in zip(names, found, strict=True)]
    seen: set[str] = set()
    for i, target in enumerate(found):
        if target in seen and target not in MANY:
            found[i] = f"a:{names[i]}" if f"a:{names[i]}" not in seen else f"a:{names[i]} ({i + 1})"
        seen.add(found[i])
    return [f"a:{t}" if t == "group" else t for t in found]


def price_of(text: str) -> tuple[Decimal | str, str]:
    """(amount, currency) of a price as people write it; the text itself where it is none, so that it is reported.

    A comma or point with one or two digits after it, if it is the last one, divides the cents; `$` and `¥` name no
    single currency and leave it empty.

    >>> price_of("19.90 USD"), price_of("1.299,00 €"), price_of("¥1,299"), price_of("free")
    ((Decimal('19.90'), 'USD'), (Decimal('1299.00'), 'EUR'), (Decimal('1299'), ''), ('free', ''))
    """
    found = _PRICE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None or (found["before"] and found["after"]):
        return text, ""
    number = re.sub(r"[\s'’]", "", found["number"])
    cut = max(number.rfind(","), number.rfind("."))
    decimals = len(number) - cut - 1
    if cut >= 0 and (decimals <= 2 or (number[cut] == "." and number.count(".") == 1)):
        number = re.sub(r"[.,]", "", number[:cut]) + "." + number[cut + 1 :]
    else:
        number = re.sub(r"[.,]", "", number)
    try:
        amount = Decimal(number)
    except InvalidOperation:
        return text, ""
    sign = (found["before"] or found["after"] or "").casefold()
    return amount, _CURRENCIES.get(sign, sign.upper() if len(sign) == 3 and sign.isascii() and sign.isalpha() else "")


def split_of(text: str) -> str:
    """train, validation or test for the usual words; any other text as it is, so that it is reported."""
    return SPLIT_OF.get(text.strip().casefold(), text)


def columns_told(headers: Iterable[str], sku_column: str = "") -> str:
    """What each column is taken for, in words.

    >>> columns_told(["货号", "Title", "feel"])
    'columns: sku (货号), title; kept as attributes: feel; no column names pictures'
    """
    names = [h.strip() for h in headers]
    fields, attributes = [], []
    targets = targets_of(names, sku_column)
    for name, target in zip(names, targets, strict=True):
        if target in (f"a:{name}", ""):
            attributes += [name] if target else []
        else:
            field = target.removeprefix("a:")
            fields.append(field if plain(field) == plain(name) else f"{field} ({name})")
    told = [f"columns: {', '.join(fields)}"] if fields else []
    told += [f"kept as attributes: {', '.join(attributes)}"] if attributes else []
    return "; ".join(told + ([] if "image" in targets else ["no column names pictures"]))
