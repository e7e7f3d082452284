/** Puts the tables that are made from the code between their markers in the README. */
import { resolve } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { makeSections } from './sections.ts'

export const readmePath = resolve(import.meta.dirname, '../../README.md')

/** Throws where the README has no place for a section, or a place for none. */
export async function renderReadme(text: string): Promise<string> {
  const sections = await makeSections()
  const places = [...text.matchAll(/^<!-- from the code: (.+) -->$/gm)].map(
    ([, name]) => name ?? '',
  )
  const lost = [...sections.keys()].filter((name) => !places.includes(name))
  if (lost.length > 0) throw new Error(`README.md has no place for: ${lost.join(', ')}`)
  const filled = text.replace(
    /(?<=^<!-- from the code: (.+) -->$)[^]*?(?=^<!-- end -->$)/gm,
    (_between, name: string) => {
      const section = sections.get(name)
      if (section === undefined) throw new Error(`README.md asks for "${name}", which is not made`)
      return `\n\n${section}\n\n`
    },
  )
  return format(filled, { ...(await resolveConfig(readmePath)), parser: 'markdown' })
}
