/**
 * What stands around every page of the installed program (SECURITY.md 1), written down once more and not taken from the
 * program: a wall that is taken down there must be missed here.
 * @module
 */
export const WALLS = {
  contextIsolation: true,
  sandbox: true,
  webSecurity: true,
  allowRunningInsecureContent: false,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webviewTag: false,
  experimentalFeatures: false,
  plugins: false,
  navigateOnDragDrop: false,
  safeDialogs: true,
  spellcheck: false,
  devTools: false,
} as const;
