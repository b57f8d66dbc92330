#!/usr/bin/env node
// The launcher: answers `--version` by itself, starts the program on a Node that it was made for, hands over to the
// project's own Node (node_modules/.bin/node) on an older one. Plain JavaScript that old versions of Node can read, and
// nothing is loaded before it is needed: `--version` is felt at every prompt.
import { existsSync, readFileSync } from 'node:fs';

const place = (path) => new URL(`../${path}`, import.meta.url);
const { version, engines } = JSON.parse(readFileSync(place('package.json'), 'utf8'));
const ownNode = place('node_modules/.bin/node');
const handedOver = 'AERGO_LAUNCHED_BY';

/** Whether this Node is in the range of package.json, which uses `^a.b.c` and `>=a` joined by `||` only. */
function isSupported(range, running) {
  const numbers = (text) => text.split('.').map(Number);
  const [major, minor, patch] = numbers(running);
  return range.split('||').some((part) => {
    const [wantedMajor, wantedMinor = 0, wantedPatch = 0] = numbers(part.trim().replace(/^(\^|>=)/, ''));
    if (major !== wantedMajor) return part.trim().startsWith('>=') && major > wantedMajor;
    return minor !== wantedMinor ? minor > wantedMinor : patch >= wantedPatch;
  });
}

/** Runs the same command with another Node; its signals, output and exit code are ours. */
async function handOver() {
  const { spawn } = await import('node:child_process');
  const { constants } = await import('node:os');
  const { fileURLToPath } = await import('node:url');
  // Before the child is there: a signal that comes in between is handed on as soon as it is. A terminal sends Ctrl-C to
  // both processes, so of that one this process only has to outlive the child.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2']) {
    process.on(signal, () => child.kill(signal));
  }
  const child = spawn(fileURLToPath(ownNode), [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [handedOver]: process.version },
  });
  child.on('error', (error) => refuse(`${fileURLToPath(ownNode)} does not start: ${error.message}`));
  child.on('exit', (code, signal) => {
    process.exitCode = code === null ? 128 + constants.signals[signal] : code;
  });
}

function refuse(reason) {
  process.stderr.write(
    `error: aergo needs Node ${engines.node}, and this is ${process.version}: ${reason}   AERGO_NODE\n`,
  );
  process.exitCode = 2;
}

async function start() {
  const program = place('dist/src/cli/main.js');
  if (!existsSync(program)) {
    process.stderr.write('error: aergo is not built here   AERGO_NOT_BUILT\n  hint: npm ci      (or: npm run build)\n');
    process.exitCode = 2;
    return;
  }
  const { enableCompileCache } = await import('node:module');
  const { homedir } = await import('node:os');
  // Compiled code is kept in the user's own cache directory, where nobody else can plant any.
  enableCompileCache(`${process.env.XDG_CACHE_HOME || `${homedir()}/.cache`}/aergo/compiled`);
  const { fileURLToPath } = await import('node:url');
  const { main } = await import(program.href);
  await main(process.argv.slice(2), { root: fileURLToPath(place('.')), version });
}

if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-V')) {
  process.stdout.write(`aergo ${version}\n`);
} else if (isSupported(engines.node, process.versions.node)) {
  await start();
} else if (process.env[handedOver] === undefined && existsSync(ownNode)) {
  await handOver();
} else {
  refuse('install a newer one, or run npm ci in the checkout, which brings one along');
}
