#!/usr/bin/env node
// The launcher: answers `--version` by itself, starts the program on a Node that it was made for, hands over to the
// project's own Node (node_modules/.bin/node) on an older one. Plain JavaScript that old versions of Node can read.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';
import { constants, homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
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
function handOver(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [handedOver]: process.version },
  });
  // A terminal sends Ctrl-C to both processes, so this one only has to outlive the child; others send to us alone.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'])
    process.on(signal, () => child.kill(signal));
  child.on('error', (error) => refuse(`${node} does not start: ${error.message}`));
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
  // Compiled code is kept in the user's own cache directory, where nobody else can plant any.
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  module.enableCompileCache?.(join(cache, 'aergo', 'compiled'));
  const program = join(root, 'dist', 'src', 'cli', 'main.js');
  if (!existsSync(program)) {
    process.stderr.write('error: aergo is not built here   AERGO_NOT_BUILT\n  hint: npm ci      (or: npm run build)\n');
    process.exitCode = 2;
    return;
  }
  const { main } = await import(new URL('../dist/src/cli/main.js', import.meta.url).href);
  await main(process.argv.slice(2), { root, version });
}

const ownNode = join(root, 'node_modules', '.bin', 'node');
if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-V')) {
  process.stdout.write(`aergo ${version}\n`);
} else if (isSupported(engines.node, process.versions.node)) {
  start();
} else if (process.env[handedOver] === undefined && existsSync(ownNode)) {
  handOver(ownNode);
} else {
  refuse('install a newer one, or run npm ci in the checkout, which brings one along');
}
