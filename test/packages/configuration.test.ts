/** The configuration of the packages, for all systems: of the ones that cannot be made here too. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Arch, Platform } from 'electron-builder';
import { describe, expect, it } from 'vitest';
import packageFile from '../../package.json' with { type: 'json' };
import { APP_ID } from '../../src/main/desktop/identity.ts';
import { ROOT, run } from './support/run.ts';

const require = createRequire(import.meta.url);

interface Configuration {
  readonly appId: string;
  readonly productName: string;
  readonly protocols: readonly { readonly schemes: readonly string[] }[];
  readonly fileAssociations: readonly { readonly ext: string }[];
  readonly linux: { readonly target: readonly string[]; readonly executableName: string };
  readonly win: { readonly target: string };
  readonly mac: { readonly target: string };
}

type System = 'linux' | 'win' | 'mac';

/** What electron-builder makes by processor where `scripts/dist.mjs` asks for some: by its own code. */
function targetsFor(
  configuration: Configuration,
  system: System,
  archs: readonly (keyof typeof Arch)[],
): ReadonlyMap<Arch, readonly string[]> {
  const { computeArchToTargetNamesMap } = require('app-builder-lib/out/targets/targetFactory.js') as {
    computeArchToTargetNamesMap: (
      asked: ReadonlyMap<Arch, string[]>,
      packager: object,
      platform: Platform,
    ) => ReadonlyMap<Arch, readonly string[]>;
  };
  const platform = { linux: Platform.LINUX, win: Platform.WINDOWS, mac: Platform.MAC }[system];
  const asked = platform.createTarget(null, ...archs.map((arch) => Arch[arch])).get(platform);
  if (asked === undefined) throw new Error(`nothing was asked for on ${system}`);
  return computeArchToTargetNamesMap(
    asked,
    { platformSpecificBuildOptions: configuration[system] },
    platform,
  );
}

/** What is installed on Linux besides the program, made by electron-builder's own code. */
function linuxEntry(configuration: Configuration): { readonly file: string; readonly text: Promise<string> } {
  interface Helper {
    getDesktopFileName: () => string;
    computeDesktopEntry: (options: object) => Promise<string>;
  }
  const { LinuxTargetHelper } = require('app-builder-lib/out/targets/LinuxTargetHelper.js') as {
    LinuxTargetHelper: new (packager: object) => Helper;
  };
  const { linux, productName, fileAssociations } = configuration;
  const helper = new LinuxTargetHelper({
    platformSpecificBuildOptions: linux,
    config: configuration,
    info: { metadata: packageFile },
    appInfo: { productName, sanitizedProductName: productName, description: packageFile.description },
    executableName: linux.executableName,
    fileAssociations,
  });
  return { file: `${helper.getDesktopFileName()}.desktop`, text: helper.computeDesktopEntry(linux) };
}

/** Read and checked by electron-builder's own code, as it will be when packing. */
async function readConfiguration(): Promise<Configuration> {
  const config = require('app-builder-lib/out/util/config/config.js') as {
    getConfig: (root: string, path: string | null, options: null) => Promise<Configuration>;
    validateConfiguration: (configuration: Configuration, log: { isEnabled: boolean }) => Promise<void>;
  };
  const configuration = await config.getConfig(ROOT, null, null);
  await config.validateConfiguration(configuration, { isEnabled: false });
  return configuration;
}

describe('electron-builder.yml', () => {
  it('is valid by the schema of electron-builder', async () => {
    await readConfiguration();
  });

  it('makes what people install on each system', async () => {
    const { linux, win, mac } = await readConfiguration();
    expect(linux.target).toEqual(['AppImage', 'deb', 'rpm']);
    expect(win.target).toBe('nsis');
    expect(mac.target).toBe('dmg');
    // The command line has the name `countersign`.
    expect(linux.executableName).toBe('countersign-desktop');
  });

  it.each([
    ['linux', ['x64']],
    ['linux', ['arm64']],
    ['win', ['x64']],
    ['mac', ['x64']],
    ['mac', ['arm64']],
    ['mac', ['x64', 'arm64']],
  ] as const)(
    'on %s makes packages for the processors that are asked for, and no others: %j',
    async (system, archs) => {
      const targets = targetsFor(await readConfiguration(), system, archs);
      expect([...targets.keys()].map((arch) => Arch[arch])).toEqual(archs);
      for (const names of targets.values()) expect(names.length).toBeGreaterThan(0);
    },
  );

  it('opens its own links and files, and no others', async () => {
    const { protocols, fileAssociations } = await readConfiguration();
    expect(protocols.flatMap(({ schemes }) => schemes)).toEqual(['countersign']);
    expect(fileAssociations.map(({ ext }) => ext)).toEqual(['csreceipt', 'csreq', 'csdraft']);
  });
});

describe('the identity of the program', () => {
  it('is on Linux that of the file which the packages install', async () => {
    const { file, text } = linuxEntry(await readConfiguration());
    // The command line has the name `countersign`.
    expect(file).toBe('countersign-desktop.desktop');
    expect(packageFile.desktopName).toBe(file);
    // What Electron makes of `desktopName` for its windows.
    expect((await text).split('\n')).toContain('StartupWMClass=countersign-desktop');
  });

  it('is on Windows that of the shortcuts', async () => {
    expect((await readConfiguration()).appId).toBe(APP_ID);
  });
});

describe('the icons', () => {
  const icon = async (name: string): Promise<Buffer> => await readFile(join(ROOT, 'resources/icons', name));

  it.each([16, 24, 32, 48, 64, 128, 256, 512])('has a PNG of %i pixels', async (side) => {
    const png = await icon(`${side}x${side}.png`);
    expect(png.subarray(1, 4).toString('latin1')).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([side, side]);
  });

  it('has an ICO whose entries lead to pictures of their size', async () => {
    const ico = await icon('icon.ico');
    const sides = Array.from({ length: ico.readUInt16LE(4) }, (_, index) => {
      const at = 6 + 16 * index;
      const [length, offset] = [ico.readUInt32LE(at + 8), ico.readUInt32LE(at + 12)];
      const png = ico.subarray(offset, offset + length);
      expect(png.subarray(1, 4).toString('latin1')).toBe('PNG');
      expect(png.readUInt32BE(16)).toBe(ico.readUInt8(at) || 256);
      return png.readUInt32BE(16);
    });
    expect(sides).toContain(256);
  });

  it('has an ICNS whose blocks fill it', async () => {
    const icns = await icon('icon.icns');
    expect(icns.toString('latin1', 0, 4)).toBe('icns');
    expect(icns.readUInt32BE(4)).toBe(icns.length);
    let at = 8;
    const types: string[] = [];
    while (at < icns.length) {
      types.push(icns.toString('latin1', at, at + 4));
      expect(icns.subarray(at + 9, at + 12).toString('latin1')).toBe('PNG');
      at += icns.readUInt32BE(at + 4);
    }
    expect(at).toBe(icns.length);
    expect(types).toContain('ic10');
  });
});

describe('the unit file', () => {
  it('runs as an unprivileged user, with what it needs and no more', async () => {
    const unit = await readFile(join(ROOT, 'resources/headless/countersign.service'), 'utf8');
    for (const line of [
      'User=countersign',
      'NoNewPrivileges=yes',
      'CapabilityBoundingSet=',
      'ProtectSystem=strict',
      'UMask=0077',
    ])
      expect(unit.split('\n')).toContain(line);
  });

  it('is understood by systemd', async ({ skip }) => {
    const found = await run('systemd-analyze', ['--version']).catch(() => null);
    if (found === null) {
      console.log('SKIPPED: no systemd-analyze here, so systemd was not asked about the unit file');
      return skip();
    }
    const { errors } = await run('systemd-analyze', ['verify', 'resources/headless/countersign.service']);
    // The program is not installed here; anything else would be a mistake in the file.
    const others = errors
      .split('\n')
      .filter((line) => line !== '' && !line.includes('countersign is not executable'));
    expect(others).toEqual([]);
  });
});
