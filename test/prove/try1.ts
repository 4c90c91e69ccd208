import { bundled, program } from './program.ts';
import { scenarios } from './scenarios.ts';
import { search } from './search.ts';
Error.stackTraceLimit = 0;
const p = program(await bundled());
const only = process.argv[2];
const budget = Number(process.argv[3] ?? 10);
for (const s of scenarios.filter((s) => !only || s.name === only)) for (const kind of s.kinds ?? ['desktop', 'browser'] as const) for (const b of s.bounds) {
  const t = performance.now(); const cpu = process.cpuUsage();
  const r = await search(s, kind, b, p, () => performance.now() - t > budget*1000);
  console.log(s.name, kind, JSON.stringify(b), r.schedules, r.isComplete, r.seconds.toFixed(1), (process.cpuUsage(cpu).user/1000/r.schedules).toFixed(1)+' ms cpu', r.found.map((f) => `${f.kind}${f.isForgiven ? '(forgiven)' : ''} ${JSON.stringify(f.cost)}`).join(' | '));
  if (process.argv[4]) for (const f of r.found) console.log(' ', f.kind, f.text, JSON.stringify(f.choices), '\n    ' + f.story.slice(0,60).join('\n    '));
}
