import { bundled, program } from '/work/wt/prove/test/prove/program.ts';
import { Machine, asks, signsIn, lists } from '/work/wt/prove/test/prove/machine.ts';
const code = await bundled();
console.log('bytes', code.length);
const p = program(code);
async function one() {
  const m = new Machine('desktop', p);
  await m.play([signsIn('A')]);
  await m.play([lists('B')]);
  m.schedule.advance(7200_000);
  await m.play([asks('A'), asks('B')]);
  return m;
}
const m = await one();
for (const e of m.schedule.events) console.log(e.task?.name ?? '', '|', e.text);
console.log(m.mistakes, m.logged, m.x.asked.map(a=>[a.what,a.status,a.state]));
const t=performance.now();
for (let i=0;i<200;i++) await one();
console.log((performance.now()-t)/200, 'ms per run');
