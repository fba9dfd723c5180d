/**
 * How often something can be done with so many calls waiting for their answers at any time: each is
 * followed by the next as soon as it is answered.
 *
 * @returns calls answered in a second.
 */
export async function rateInFlight(
  call: () => Promise<void>,
  inFlight: number,
  durationMs: number,
): Promise<number> {
  let answered = 0;
  let over = false;
  const lane = async (): Promise<void> => {
    while (!over) {
      await call();
      answered++;
    }
  };
  const start = performance.now();
  const lanes = Array.from({ length: inFlight }, lane);
  // The first may fail while the time runs.
  await Promise.race([sleep(durationMs), Promise.all(lanes)]);
  over = true;
  await Promise.all(lanes);
  return (answered / (performance.now() - start)) * 1000;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
