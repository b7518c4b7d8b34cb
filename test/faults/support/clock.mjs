// Loaded into a process with `--import`. On each SIGUSR2 its wall clock is set to the next of CLOCK_SHIFTS
// (milliseconds from the true time, comma-separated), which it reports. The monotonic clock is not touched.
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
