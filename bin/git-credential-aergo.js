#!/usr/bin/env node
// Git's credential helper `aergo`: runs `aergo credential OPERATION`, whatever Node it is started with.
process.argv.splice(2, 0, 'credential');
await import('./aergo.js');
