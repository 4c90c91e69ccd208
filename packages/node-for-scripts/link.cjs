// Makes the Node that npm installed for this kind of machine the `node` of npm scripts. npm does so itself, but npm 10 then takes
// the link away with the packages for other machines, whose program has the same name. The machine's own Node runs this file,
// so it can't be TypeScript.

const { linkSync, mkdirSync, rmSync, statSync, symlinkSync } = require('node:fs');
const { basename, dirname, join, relative } = require('node:path');
const { optionalDependencies } = require('./package.json');

const BIN = join(__dirname, '..', '..', 'node_modules', '.bin');

/** The program in a package, if that is installed and for this kind of machine. */
function programIn(name) {
  try {
    const path = require.resolve(`${name}/package.json`);
    const { os, cpu, bin } = require(path);
    return os === process.platform && cpu === process.arch ? join(dirname(path), bin.node) : undefined;
  } catch {
    return undefined;
  }
}

function link(program) {
  const target = join(BIN, basename(program));
  // It may be the program that runs this, which Windows would not let go.
  if (statSync(target, { throwIfNoEntry: false })?.ino === statSync(program).ino) return;
  mkdirSync(BIN, { recursive: true });
  rmSync(target, { force: true });
  // Windows lets few people make symbolic links, and looks for a .exe first.
  if (process.platform === 'win32') linkSync(program, target);
  else symlinkSync(relative(BIN, program), target);
}

const program = Object.keys(optionalDependencies)
  .map(programIn)
  .find((path) => path !== undefined);
if (program !== undefined) {
  link(program);
} else if (!process.features.typescript) {
  console.error(
    `npm installed no Node that runs TypeScript: it has none for ${process.platform} ${process.arch}, or could not get it.\n` +
      'Install Node 24 or newer and run `npm ci` again.',
  );
  process.exitCode = 1;
}
