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

/** The milliseconds of each case, round by round. */
export type Rounds<Case extends string> = readonly Readonly<Record<Case, number>>[]

/** The median of what each round's two cases make of each other: load that both saw falls out. */
export function medianRatio<Case extends string>(rounds: Rounds<Case>, ours: Case, other: Case) {
  return median(rounds.map((times) => times[ours] / times[other]))
}

export function showCase<Case extends string>(rounds: Rounds<Case>, name: Case): string {
  return showSpread(rounds.map((times) => times[name]))
}

/**
 * Measures cases beside each other, each round in another order, so that all see the same load. Two
 * rounds more than asked for warm them up, and count for nothing.
 */
export async function interleave<const Case extends string>(
  rounds: number,
  {
    cases,
    prepare,
    check,
  }: {
    readonly cases: Readonly<Record<Case, () => Promise<unknown>>>
    /** Before each of them, and not measured. */
    readonly prepare: (round: number, which: Case) => Promise<unknown>
    readonly check: (round: number) => Promise<void>
  },
): Promise<Rounds<Case>> {
  const names = Object.keys(cases) as Case[]
  const measured: Record<Case, number>[] = []
  for (let round = -2; round < rounds; round += 1) {
    const first = (round + 2) % names.length
    const times: Partial<Record<Case, number>> = {}
    for (const which of [...names.slice(first), ...names.slice(0, first)]) {
      await prepare(round, which)
      times[which] = await measureMs(cases[which])
    }
    await check(round)
    if (round >= 0) measured.push(times as Record<Case, number>)
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
