/* What findings of the channels' rules say, in Chinese: the first pattern that fits, `*` anything; what a `*` stands for
   is put into words likewise. English is the rules' own. */
import { language } from "../i18n.js";

const ROWS = [
  ["*; packshot fit does, if its table has a column asin or gtin", "$1；若表格含 asin 或 gtin 列，packshot fit 会自动命名"],
  ["rename the file to the ending of its format, or: *", "把扩展名改为实际格式，或：$1"],
  ["rename the file, such as *", "重命名文件，例如 $1"],
  ["take the photo again with more pixels, or start from a larger original; enlarging adds none", "用更高像素重拍，或使用更大的原图；放大不会增加细节"],
  ["take the photo again with more pixels, or start from a larger original", "用更高像素重拍，或使用更大的原图"],
  ["take the photo again with room around the product; *", "重拍，并在商品四周留出空间；照片里没有的部分无法补回"],
  ["crop the border off at its source, or: *", "在源文件中裁掉边框，或：$1"],
  ["use the original without it, or, if it lies clear of the product: *", "使用没有添加物的原图；若它不挨着商品，也可：$1"],
  ["move the text away from the edges", "把文字移离边缘"],
  ["keep the best pictures of the product in this slot *", "此位置只留该商品最好的图片，其余移到别的位置"],
  ["export the picture again from where it came", "从来源处重新导出图片"],
  ["use another photo, or look at the cut-out *", "换一张照片，或检查抠图：背景上什么也看不到"],
  ["show the product in use; *", "展示商品的使用场景；纯色背景请放到别的位置"],

  ["added text on at most * of the picture", "添加的文字最多占画面 $1"],
  ["no text, logo or mark added", "没有添加文字、标志或水印"],
  ["no text within * px of the top, * px of the bottom at * px", "高 $3 px 时，距上边 $1 px、距下边 $2 px 以内没有文字"],
  ["* of * texts lie there (*)", "$2 处文字中有 $1 处在那里（$3）"],
  ["nothing added (*)", "没有添加物（$1）"],
  ["* on * of the picture: * (*)", "$1，占画面 $2：$3（$4）"],
  ["* on * of the picture (*)", "$1，占画面 $2（$3）"],
  ["a border at *, * px deep", "$1有边框，宽 $2 px"],
  ["bars at *, * px deep", "$1有黑边或色条，宽 $2 px"],
  ["no border", "没有边框"],
  ["no plain ground: the product cannot be told from the scene", "背景不单一：无法从场景中分出商品"],
  ["no plain ground: a shadow cannot be told from the scene", "背景不单一：无法从场景中分出阴影"],
  ["no plain ground: * cannot judge it", "背景不单一：$1 无法判断"],
  ["by its strokes, no OCR", "按笔画判断，未用文字识别"],

  ["* frames", "$1 帧"],
  ["1 frame", "1 帧"],
  ["one frame", "1 帧"],
  ["an ending of *", "$1 的扩展名"],
  ["no ending", "没有扩展名"],
  ["not a file yet", "还不是文件"],
  ["8-bit RGB, sRGB or untagged", "8 位 RGB，sRGB 或无配置文件"],
  ["*, * bits, no profile", "$1，$2 位，无配置文件"],
  ["*, * bits, *", "$1，$2 位，$3"],

  ["outer 8 px: * are 255 (lowest *); ground: * ≥ *, mean *", "最外 8 px：$1 为 255（最低 $2）；背景：$3 ≥ $4，平均 $5"],
  ["outer 8 px: * are 255 (lowest *); ground: * ≥ *", "最外 8 px：$1 为 255（最低 $2）；背景：$3 ≥ $4"],
  ["outer 8 px: * white; no plain ground found", "最外 8 px：$1 为白色；没有找到单一背景"],
  ["outer 8 px 255, 99 % of the ground ≥ 250", "最外 8 px 为 255，99 % 的背景 ≥ 250"],
  ["every pixel of the ground 255", "背景每个像素都是 255"],
  ["* of the picture is transparent", "画面 $1 透明"],
  ["a transparent ground", "透明背景"],
  ["no transparency", "没有透明"],
  ["white or transparent", "白色或透明"],
  ["no plain ground", "背景不单一"],
  ["a plain ground", "单一背景"],
  ["a scene", "场景图"],
  ["no shadow", "没有阴影"],
  ["shadow on * of the picture, up to * Lab lightness deep", "阴影占画面 $1，最深处明度低 $2（Lab）"],

  ["such as *", "例如 $1"],
  ["a plain file name", "普通文件名"],
  ["*: control or text-direction characters", "$1：含控制字符或文字方向字符"],
  ["*: a path, not a name", "$1：是路径，不是文件名"],
  ["*: over * bytes", "$1：超过 $2 字节"],

  ["enlarged at most * times", "最多放大 $1 倍"],
  ["edges as soft as enlarged * times", "边缘柔和程度相当于放大 $1 倍"],
  ["too few edges to tell", "边缘太少，无法判断"],

  ["* to * of the frame", "占画面 $1 到 $2"],
  ["the product keeps clear of the picture's edge", "商品不碰画面边缘"],
  ["no product found", "没有找到商品"],
  ["* (width; * of the area)", "$1（按宽度；面积 $2）"],
  ["* (height; * of the area)", "$1（按高度；面积 $2）"],
  ["cut off at *", "$1被裁切"],
  ["* of room at the nearest edge", "最近一边留空 $1"],

  ["* side at least * px", "$1边至少 $2 px"],
  ["* side at most * px", "$1边最多 $2 px"],
  ["width at least * px", "宽至少 $1 px"],
  ["width at most * px", "宽最多 $1 px"],
  ["height at least * px", "高至少 $1 px"],
  ["height at most * px", "高最多 $1 px"],
  ["at most *, at least *", "最多$1，最少$2"],
  ["at most *", "最多 $1"],
  ["at least *", "至少 $1"],
  ["from * to *", "从 $1 到 $2"],
  ["* (within *)", "$1（误差 $2 以内）"],
  ["* bytes (*)", "$1 字节（$2）"],
  ["* bytes", "$1 字节"],
  ["* pictures", "$1 张图片"],
  ["* to *", "$1 到 $2"],
  ["* or *", "$1 或 $2"],
  ["* and *", "$1和$2"],

  ["the process checking it died: *", "检查它的进程意外退出：内存不足或解码器故障"],
  ["a picture", "图片"],
  ["a mark in a corner", "角落的标志"],
  ["a coloured plate", "色块"],
  ["text", "文字"],
  ["longest", "最长"], ["shortest", "最短"],
  ["top, bottom, left, right", "四边"], ["top, bottom", "上下边"], ["left, right", "左右边"],
  ["top", "上边"], ["bottom", "下边"], ["left", "左边"], ["right", "右边"],
  ["*, *", "$1，$2"],
];

const escaped = (text) => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
const TABLE = ROWS.map(([pattern, words]) => [new RegExp(`^${pattern.split("*").map(escaped).join("(.+?)")}$`, "s"), words]);
const COMMAND = /^packshot |^[\d.,:%\s]+$/; // is the same in every language

/** A finding's text in the reader's language. */
export function ruled(text) {
  if (language.get() !== "zh" || COMMAND.test(text)) return text;
  for (const [test, words] of TABLE) {
    const found = test.exec(text);
    if (found) return words.replace(/\$(\d)/g, (_, index) => ruled(found[index] ?? ""));
  }
  return text;
}

/** What was measured, likewise; a file's name alone is no text. */
export const ruledMeasure = (one) => (one.rule === "names" && !one.measured.includes(": ") ? one.measured : ruled(one.measured));
