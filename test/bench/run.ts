import { writeFile } from 'node:fs/promises';
import { measure } from './measure.ts';
import { table } from './report.ts';
import { judge } from './verdicts.ts';
const measured = await measure({ atActivationBytes: 0, allBytes: 0 }, (what) => console.log(Math.round(performance.now()/1000), what));
const t = table(judge(measured));
await writeFile('/tmp/bench-measured.json', JSON.stringify(measured));
console.log(t);
process.exit();
