/** What a bench answers, and the few sums that all of them make. */

export interface Figure {
  /** What was measured, as a person would say it. */
  readonly name: string
  readonly value: string
  /** What was promised; null where a figure is only told. */
  readonly limit: string | null
  readonly isKept: boolean
  /** How often it was measured. */
  readonly count: number
  /** Further figures of the same run, one a line. */
  readonly notes: readonly string[]
}

export type Bench = () => Promise<readonly Figure[]>

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle]
  const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle]
  if (upper === undefined || lower === undefined) throw new Error('nothing was measured')
  return (lower + upper) / 2
}

/** The median of what each round's two cases make of each other: load that both saw falls out. */
export function medianRatio(rounds: readonly { readonly ours: number; readonly other: number }[]) {
  return median(rounds.map(({ ours, other }) => ours / other))
}

/**
 * Measures two cases beside each other, now the one first and now the other, so that both see the
 * same load. Two rounds more than asked for warm both up, and count for nothing.
 */
export async function interleave(
  rounds: number,
  cases: {
    /** Before each of the two, and not measured. */
    readonly prepare: (round: number, which: 'ours' | 'other') => Promise<unknown>
    readonly ours: () => Promise<unknown>
    readonly other: () => Promise<unknown>
    readonly check: (round: number) => Promise<void>
  },
): Promise<readonly { readonly ours: number; readonly other: number }[]> {
  const measured: { ours: number; other: number }[] = []
  for (let round = -2; round < rounds; round += 1) {
    const times = { ours: 0, other: 0 }
    const order = ['ours', 'other'] as const
    for (const which of round % 2 === 0 ? order : order.toReversed()) {
      await cases.prepare(round, which)
      times[which] = await measureMs(cases[which])
    }
    await cases.check(round)
    if (round >= 0) measured.push(times)
  }
  return measured
}

export function showMs(ms: number): string {
  return ms < 10_000 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1_000).toFixed(1)} s`
}

/** `median 84 ms, 71 to 130 ms` */
export function showSpread(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return `median ${showMs(median(values))}, ${showMs(least)} to ${showMs(most)}`
}

export async function measureMs(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await act()
  return performance.now() - startedAt
}
