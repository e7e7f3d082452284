/** The first letter of a name, on the colour of its table. */
export function Tile({ label }: { label: string }) {
  return (
    <span className="tile" aria-hidden="true">
      {firstLetterOf(label)}
    </span>
  )
}

/** A letter with its accents, a whole emoji. */
export function firstLetterOf(label: string): string {
  const [first] = new Intl.Segmenter().segment(label.trim())
  return first?.segment.toLocaleUpperCase() ?? ''
}
