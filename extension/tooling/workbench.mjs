import { HEADLESS_SWITCHES } from './browser.mjs';

/**
 * @typedef {object} View
 * @property {string} executable the browser
 * @property {string} address
 * @property {boolean} headless
 * @property {number} [debuggingPort] where others may look at the page too (Chrome DevTools Protocol)
 * @property {(page: import('playwright-core').Page) => Promise<void>} [prepare] called before the page is loaded
 */

/**
 * Shows the workbench in a browser.
 * @param {View} view
 * @returns {Promise<{browser: import('playwright-core').Browser, page: import('playwright-core').Page}>}
 */
export async function showWorkbench({ executable, address, headless, debuggingPort, prepare }) {
  // Loaded here, for the dependencies are installed by the commands that use this module.
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({
    executablePath: executable,
    headless,
    args: [
      ...(headless ? HEADLESS_SWITCHES : []),
      ...(debuggingPort === undefined ? [] : [`--remote-debugging-port=${debuggingPort}`]),
    ],
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  const context = await browser.newContext({ viewport: headless ? { width: 1440, height: 900 } : null });
  const page = await context.newPage();
  await prepare?.(page);
  await page.goto(address, { waitUntil: 'domcontentloaded' });
  return { browser, page };
}
