/** A clock that goes on only while somebody sleeps, so that waiting takes no time; at a higher pace, polls are rare. */
export function idleClock(pace = 25): {
  nowMs: number;
  monotonicMs: () => number;
  sleep: (ms: number) => Promise<void>;
} {
  const clock = {
    nowMs: 0,
    monotonicMs: () => clock.nowMs,
    sleep: async (ms: number) => {
      clock.nowMs += ms * pace;
      await new Promise(setImmediate);
    },
  };
  return clock;
}
