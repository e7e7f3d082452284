/** The first letter of a name, for the tile that stands for it. */
export function initialOf(name: string): string {
  const [first = ''] = new Intl.Segmenter().segment(name.trim())
  return typeof first === 'string' ? first : first.segment.toUpperCase()
}
