// Loaded into a process with `--import`: its wall clock is set on each SIGUSR2, to the next of CLOCK_SHIFTS
// (milliseconds from the true time, separated by commas), and it says so. What measures time is not touched.
const TrueDate = Date;
const trueNow = Date.now;
const shifts = (process.env.CLOCK_SHIFTS ?? '').split(',').map(Number);
let shift = 0;

process.on('SIGUSR2', () => {
  shift = shifts.shift() ?? 0;
  process.stderr.write(`the clock is off by ${shift} ms\n`);
});
TrueDate.now = () => trueNow() + shift;
globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args, made) => Reflect.construct(target, args.length > 0 ? args : [target.now()], made),
  apply: (target) => new target(target.now()).toString(),
});
