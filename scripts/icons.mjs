/**
 * Draws the icons of the program from `resources/icons/icon.svg` into the containers that each system reads. Run it
 * after the drawing has changed: `node scripts/icons.mjs`. What it writes is committed, so packaging needs no browser.
 *
 * @module
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { CHROMIUM_FLAGS, ensureBrowser } from './browser.mjs';

const folder = join(import.meta.dirname, '../resources/icons');

/** Sides in pixels. Linux takes a folder of them, by name. */
const LINUX_SIZES = [16, 24, 32, 48, 64, 128, 256, 512];
const ICO_SIZES = [16, 24, 32, 48, 64, 128, 256];
/** Type codes of an ICNS file (Apple's icon types that hold PNG) and the side of each in pixels. */
const ICNS_TYPES = [
  ['ic11', 32],
  ['ic12', 64],
  ['ic07', 128],
  ['ic13', 256],
  ['ic08', 256],
  ['ic14', 512],
  ['ic09', 512],
  ['ic10', 1024],
];
/** macOS leaves a margin around an icon: the drawing takes this share of the side. */
const MAC_SHARE = 0.82;

/** @returns {Promise<Buffer>} the drawing as a square PNG with a transparent ground */
async function draw(page, svg, side, share = 1) {
  const drawn = Math.round(side * share);
  await page.setViewportSize({ width: side, height: side });
  await page.setContent(
    `<style>html,body{margin:0;height:100%;display:grid;place-items:center}svg{width:${drawn}px;height:${drawn}px;display:block}</style>${svg}`,
  );
  return await page.screenshot({ omitBackground: true });
}

/** A Windows icon of PNG pictures: header, one entry of 16 bytes for each, then the pictures. */
function ico(pictures) {
  const header = Buffer.alloc(6 + 16 * pictures.length);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(pictures.length, 4);
  let offset = header.length;
  pictures.forEach(({ side, png }, index) => {
    const at = 6 + 16 * index;
    // 0 stands for 256.
    header.writeUInt8(side % 256, at);
    header.writeUInt8(side % 256, at + 1);
    header.writeUInt16LE(1, at + 4);
    header.writeUInt16LE(32, at + 6);
    header.writeUInt32LE(png.length, at + 8);
    header.writeUInt32LE(offset, at + 12);
    offset += png.length;
  });
  return Buffer.concat([header, ...pictures.map(({ png }) => png)]);
}

/** A macOS icon: a header, then each picture behind its type and length. */
function icns(pictures) {
  const blocks = pictures.map(({ type, png }) => {
    const head = Buffer.alloc(8);
    head.write(type, 0, 'latin1');
    head.writeUInt32BE(png.length + 8, 4);
    return Buffer.concat([head, png]);
  });
  const body = Buffer.concat(blocks);
  const head = Buffer.alloc(8);
  head.write('icns', 0, 'latin1');
  head.writeUInt32BE(body.length + 8, 4);
  return Buffer.concat([head, body]);
}

const svg = await readFile(join(folder, 'icon.svg'), 'utf8');
const browser = await chromium.launch({ executablePath: await ensureBrowser(), args: CHROMIUM_FLAGS });
try {
  const page = await browser.newPage();
  for (const side of LINUX_SIZES)
    await writeFile(join(folder, `${side}x${side}.png`), await draw(page, svg, side));
  const windows = [];
  for (const side of ICO_SIZES) windows.push({ side, png: await draw(page, svg, side) });
  await writeFile(join(folder, 'icon.ico'), ico(windows));
  const mac = [];
  for (const [type, side] of ICNS_TYPES) mac.push({ type, png: await draw(page, svg, side, MAC_SHARE) });
  await writeFile(join(folder, 'icon.icns'), icns(mac));
} finally {
  await browser.close();
}
