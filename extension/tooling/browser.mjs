import { delimiter, join } from 'node:path';
import { exists } from './install.mjs';
import { execute } from './processes.mjs';
import { Problem, step } from './report.mjs';

/** Names on the PATH, most wanted first. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];

/** Where browsers are installed that are on no PATH. */
const PLACES = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: ['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA'].flatMap((variable) =>
    ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'].map((path) =>
      join(process.env[variable] ?? 'C:\\', path),
    ),
  ),
};

/** Switches for a browser without a screen: WebGL2 and WebGPU on the processor, and no sandbox for root, which has none. */
export const HEADLESS_SWITCHES = [
  '--headless',
  '--no-sandbox',
  '--enable-unsafe-swiftshader',
  '--use-angle=swiftshader',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  // Drawing on the processor may take longer than a GPU would be waited for.
  '--disable-gpu-watchdog',
  '--hide-scrollbars',
  '--mute-audio',
];

/**
 * Finds Chrome, Chromium or Edge: the one that BROWSER_EXECUTABLE names, else one that is installed.
 * @returns {Promise<string | undefined>} the executable's path; a Problem where BROWSER_EXECUTABLE names none
 */
export async function findBrowser() {
  const named = process.env.BROWSER_EXECUTABLE;
  if (named !== undefined && named !== '') {
    if (await exists(named)) return named;
    throw new Problem(`BROWSER_EXECUTABLE names ${named}, which does not exist`);
  }
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const places = process.platform === 'darwin' ? PLACES.darwin : process.platform === 'win32' ? PLACES.win32 : [];
  for (const path of [...onPath, ...places]) if (await exists(path)) return path;
  return undefined;
}

/**
 * Finds a browser, or installs Debian's Chromium where that is possible.
 * @returns {Promise<string>} the executable's path; a Problem that says what to install
 */
export async function ensureBrowser() {
  const found = await findBrowser();
  if (found !== undefined) return found;
  const missing = 'no Chrome, Chromium or Edge was found';
  const root = process.getuid?.() === 0;
  if (!root || !(await exists('/usr/bin/apt-get'))) {
    throw new Problem(`${missing}. Install one of them, or name its executable in BROWSER_EXECUTABLE.`);
  }
  await step('Installing Chromium with apt-get (no browser was found)', installChromium);
  const installed = await findBrowser();
  if (installed !== undefined) return installed;
  throw new Problem(`${missing}, and apt-get could not install chromium. Install a browser by hand.`);
}

async function installChromium() {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const commands = [['update'], ['install', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core']];
  for (const args of commands) {
    const { code, output } = await execute('apt-get', args, { env, quiet: true });
    if (code === 0) continue;
    const end = output.trim().split('\n').slice(-5).join('\n');
    throw new Problem(`"apt-get ${args.join(' ')}" failed, so there is no browser. Install Chromium by hand.\n${end}`);
  }
}
