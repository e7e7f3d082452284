/** `npm run readme`: brings the tables of the README up to the code. */
import { readFile, writeFile } from 'node:fs/promises'
import { readmePath, renderReadme } from './render.ts'

await writeFile(readmePath, await renderReadme(await readFile(readmePath, 'utf8')))
