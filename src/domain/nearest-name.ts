/** Which known name somebody meant who mistyped it. */

/** The known name that takes the fewest letters to mend; the first of those, and '' of none. */
export function findNearestName(given: string, known: readonly string[]): string {
  const distances = new Map(known.map((name) => [name, countEdits(given, name)]))
  return known.toSorted((a, b) => (distances.get(a) ?? 0) - (distances.get(b) ?? 0))[0] ?? ''
}

/**
 * The same where it is near enough to be what was meant, else null. A long text is nobody's slip of
 * the hand, and costs its length times that of every name.
 */
export function findNearName(
  given: string,
  known: readonly string[],
  editsMax = Math.ceil(given.length / 2),
): string | null {
  if (given.length > 80) return null
  const nearest = findNearestName(given, known)
  return nearest !== '' && countEdits(given, nearest) <= editsMax ? nearest : null
}

/** How many letters have to be put in, taken out or changed to make one text of the other. */
function countEdits(from: string, to: string): number {
  const [left, right] = [Array.from(from), Array.from(to)]
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  // By index: iterators take several times as long, and whole texts of such names are checked.
  for (let above = 0; above < left.length; above += 1) {
    const next = [above + 1]
    for (let place = 0; place < right.length; place += 1) {
      const changed = (row[place] ?? 0) + (left[above] === right[place] ? 0 : 1)
      next.push(Math.min(changed, (row[place + 1] ?? 0) + 1, (next[place] ?? 0) + 1))
    }
    row = next
  }
  return row[right.length] ?? 0
}
