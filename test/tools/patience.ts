/**
 * After so long something of the tests hangs. What is merely slow has ended by then, also where the
 * machine is ten times slower than ours; no test is about this time.
 */
export const patienceMs = 300_000
