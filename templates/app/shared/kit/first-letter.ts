/** The first letter of a name, for the tile that stands for it: with its accents, or a whole emoji. */
export function firstLetterOf(name: string): string {
  const [first] = new Intl.Segmenter().segment(name.trim())
  return first?.segment.toLocaleUpperCase() ?? ''
}
