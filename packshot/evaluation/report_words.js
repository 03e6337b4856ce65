// Every word the page says, in both languages. `{name}` is filled in by the page.
"use strict";
const WORDS = {
  en: {
    skip: "Skip to the pictures", language: "Language", search: "Search title, SKU or file", category: "Category",
    everyCategory: "All categories", noCategory: "Without category", order: "Order", view: "View", before: "Before", split: "Split",
    after: "After", filterStatus: "Show", reset: "Show all pictures", nothing: "No picture fits these filters.",
    private: "Everything on this page is in this one file: nothing is loaded from or sent to the internet.",
    all: "All pictures", done: "Ready", flagged: "To check", failed: "Failed",
    doneTip: "Finished, and nothing found that a person should look at.",
    flaggedTip: "Finished, but something is uncertain. Look at these before you use them; the reason is on each picture.",
    failedTip: "No picture was made. The reason is on each entry; the rest of the catalogue is not affected.",
    attention: "To check first", worst: "Largest colour change", slowest: "Slowest", name: "Title A–Z", asRun: "As processed",
    headline: "{count} product photos", headlineOne: "1 product photo",
    facts: "{pipeline} · {time} · {rate} photos per second", factsShort: "{pipeline}",
    showing: "{shown} of {total} pictures", embedded: "This page holds {held} of {total} pictures; report.json lists all of them.",
    lock: "The product was left alone: in all {count} pictures measured, 99 % of its pixels are within {value} ΔE of the photo (limit {limit}).",
    lockPlain: "In all {count} pictures measured, 99 % of the product's pixels are within {value} ΔE of the photo.",
    lockBroken: "{count} pictures changed the product's colours by more than {limit} ΔE (the largest: {value}).",
    lockBrokenOne: "1 picture changed the product's colours by more than {limit} ΔE ({value}).",
    compare: "Compare before and after: {title}", position: "{percent} % before, {rest} % after",
    open: "Open full size", details: "Numbers and steps", versions: "Versions", version: "Version {number}",
    noPicture: "No picture was made", noResult: "No result", original: "Original photo",
    measure: "On the product", edited: "edited", encoded: "in the file", limit: "Limit: {limit}.",
    other: "Other numbers", steps: "Steps", marks: "Marks in the file", file: "Photo", time: "Time", seconds: "{value} s",
    minutes: "{minutes} min {seconds} s", hours: "{hours} h {minutes} min", standard: "standard settings",
    printed: "The first {count} of {total} pictures are printed. Use the filters to print others.",
    foot: "packshot {version} · {date}", footDevice: "packshot {version} · {date} · {device}",
    alt: "{which}: {title}", unknownReason: "No reason was recorded.",
  },
  zh: {
    skip: "跳到图片", language: "语言", search: "搜索标题、SKU 或文件名", category: "类目",
    everyCategory: "全部类目", noCategory: "未分类", order: "排序", view: "查看", before: "处理前", split: "对比",
    after: "处理后", filterStatus: "显示", reset: "显示全部图片", nothing: "没有符合筛选条件的图片。",
    private: "本页所有内容都在这一个文件里：不从网络加载，也不向网络发送任何数据。",
    all: "全部图片", done: "可直接使用", flagged: "需要检查", failed: "失败",
    doneTip: "已完成，没有发现需要人工查看的地方。",
    flaggedTip: "已完成，但有不确定之处。使用前请看一眼，原因写在每张图片上。",
    failedTip: "没有生成图片，原因写在每一条上；其余商品不受影响。",
    attention: "需要检查的在前", worst: "颜色变化最大", slowest: "耗时最长", name: "按标题", asRun: "按处理顺序",
    headline: "{count} 张商品照片", headlineOne: "1 张商品照片",
    facts: "{pipeline} · {time} · 每秒 {rate} 张", factsShort: "{pipeline}",
    showing: "{total} 张中的 {shown} 张", embedded: "本页收录 {total} 张中的 {held} 张；report.json 列出全部。",
    lock: "商品本身没有被改动：测量过的 {count} 张图片中，99% 的商品像素与原照片的色差都在 {value} ΔE 以内（上限 {limit}）。",
    lockPlain: "测量过的 {count} 张图片中，99% 的商品像素与原照片的色差都在 {value} ΔE 以内。",
    lockBroken: "有 {count} 张图片的商品颜色变化超过 {limit} ΔE（最大 {value}）。",
    lockBrokenOne: "有 1 张图片的商品颜色变化超过 {limit} ΔE（{value}）。",
    compare: "对比处理前后：{title}", position: "处理前 {percent}%，处理后 {rest}%",
    open: "打开原尺寸", details: "数值与步骤", versions: "版本", version: "版本 {number}",
    noPicture: "没有生成图片", noResult: "没有结果", original: "原照片",
    measure: "在商品上测得", edited: "编辑后", encoded: "文件中", limit: "上限：{limit}。",
    other: "其他数值", steps: "步骤", marks: "文件中的标记", file: "照片", time: "用时", seconds: "{value} 秒",
    minutes: "{minutes} 分 {seconds} 秒", hours: "{hours} 小时 {minutes} 分", standard: "默认设置",
    printed: "打印 {total} 张中的前 {count} 张。用筛选可打印其他图片。",
    foot: "packshot {version} · {date}", footDevice: "packshot {version} · {date} · {device}",
    alt: "{which}：{title}", unknownReason: "没有记录原因。",
  },
};
// What a measured number means: [name, explanation] in both languages, decimals, unit.
const NUMBERS = {
  delta_e_p99: {
    digits: 2, unit: "ΔE",
    en: ["Colour change", "How far the product's colours moved away from the photo (CIEDE2000, 99th percentile): 99 of 100 product pixels moved less than this. Below about 1 the eye sees no difference."],
    zh: ["颜色变化", "商品颜色偏离原照片的程度（CIEDE2000，第 99 百分位）：100 个商品像素中有 99 个的变化小于此值。约 1 以下肉眼看不出差别。"],
  },
  delta_e_max: {
    digits: 2, unit: "ΔE",
    en: ["Largest colour change", "The colour change of the one product pixel that moved most (CIEDE2000)."],
    zh: ["最大颜色变化", "变化最大的那一个商品像素的色差（CIEDE2000）。"],
  },
  edge_shift_px: {
    digits: 2, unit: "px",
    en: ["Edge shift", "How far the product's edges moved, in pixels. 0 means that they are exactly where the photo has them."],
    zh: ["边缘位移", "商品边缘移动了多少像素。0 表示与照片中的位置完全一致。"],
  },
  ssim: {
    digits: 4, unit: "",
    en: ["Structure", "How alike the product's fine structure is before and after (SSIM). 1 means identical."],
    zh: ["结构相似度", "商品细节在处理前后的相似程度（SSIM）。1 表示完全相同。"],
  },
  confidence: {
    digits: 2, unit: "",
    en: ["Cut-out confidence", "How sure the cut-out is of the product's outline, from 0 to 1. Low values are flagged."],
    zh: ["抠图置信度", "抠图对商品轮廓的把握程度，0 到 1。数值低的会被标为需要检查。"],
  },
  delta_e_reached: {
    digits: 2, unit: "ΔE",
    en: ["Distance to the asked colour", "How far the new colour is from the one that was asked for (CIEDE2000). Smaller is closer."],
    zh: ["与目标颜色的差距", "新颜色与所要求颜色的色差（CIEDE2000），越小越接近。"],
  },
};
// Source types of the IPTC mark, in plain words.
const MARKS = {
  digitalCapture: { en: "photo from a camera", zh: "相机拍摄的照片" },
  humanEdits: { en: "edited by a person, without generative AI", zh: "人工编辑，未使用生成式 AI" },
  algorithmicallyEnhanced: { en: "photo, enhanced by software", zh: "经软件增强的照片" },
  composite: { en: "composite of several pictures", zh: "多张图片合成" },
  compositeCapture: { en: "composite of photos", zh: "多张照片合成" },
  compositeSynthetic: { en: "composite with computer-made parts", zh: "含计算机生成部分的合成图" },
  digitalCreation: { en: "drawn with software, without AI", zh: "用软件绘制，未使用 AI" },
  dataDrivenMedia: { en: "made from data", zh: "由数据生成" },
  algorithmicMedia: { en: "made by an algorithm, without AI training", zh: "由算法生成，未经 AI 训练" },
  trainedAlgorithmicMedia: { en: "made by AI", zh: "由 AI 生成" },
  compositeWithTrainedAlgorithmicMedia: { en: "photo with AI-made parts", zh: "含 AI 生成部分的照片" },
};
// Names of marks and operations; what is not listed is shown as it is.
const NAMES = {
  iptc_digital_source_type: { en: "Origin (IPTC)", zh: "来源（IPTC）" },
  cutout: { en: "Cut-out", zh: "抠图" },
  background: { en: "Background", zh: "背景" },
  shadow: { en: "Shadow", zh: "阴影" },
  retouch: { en: "Retouch", zh: "修饰" },
  recolour: { en: "Recolour", zh: "换色" },
  frame: { en: "Frame", zh: "构图" },
  compose: { en: "Compose", zh: "合成" },
};
// Reasons that operations give, by their exact English text (numbers replaced by #).
const REASONS = {};
