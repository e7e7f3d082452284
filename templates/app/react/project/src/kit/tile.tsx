import { firstLetterOf } from './first-letter.ts'

/** The first letter of a name, on the colour of its table. */
export function Tile({ label }: { label: string }) {
  return (
    <span className="tile" aria-hidden="true">
      {firstLetterOf(label)}
    </span>
  )
}
