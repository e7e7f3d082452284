/**
 * The page of a project that nothing was pushed to yet. One file with a picture beside it; it asks
 * for nothing else and runs nothing but its own script, which its policy names by hash.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Eta } from 'eta'
import type { Generator } from '../contracts.ts'
import type { Project } from '../domain/project.ts'
import { toDiskError } from '../machine/files.ts'

type Links = Parameters<Generator['writeWelcomePage']>[1]

const templateDir = join(import.meta.dirname, '../../templates/welcome')

/** Reads the template once. */
export function createWelcomePages(): Generator {
  const render = readTemplate()
  return {
    writeWelcomePage: async (project, links, dir) => {
      try {
        await mkdir(dir, { recursive: true })
        await writeFile(join(dir, 'index.html'), render(project, links))
        await copyFile(join(templateDir, 'favicon.svg'), join(dir, 'favicon.svg'))
      } catch (error) {
        throw toDiskError(error, dir)
      }
    },
  }
}

function readTemplate(): (project: Project, links: Links) => string {
  const [page, style, script] = ['page.eta', 'style.css', 'script.js'].map((file) =>
    readFileSync(join(templateDir, file), 'utf8'),
  )
  if (page === undefined || style === undefined || script === undefined) throw new Error('no page')
  // The name of a project is anybody's text: every value is escaped but the two files of our own.
  const eta = new Eta({ autoEscape: true, autoTrim: false })
  const template = eta.compile(page)
  const policy = renderPolicy(style, script)
  return (project, links) => {
    const name = renderName(project)
    return eta.render(template, {
      name,
      nameSize: nameSize(name),
      address: links.siteUrl.replace(/^https?:\/\//, ''),
      steps: renderSteps(project, links),
      wave: renderWave(),
      policy,
      style,
      script,
    })
  }
}

export interface WelcomeStep {
  readonly title: string
  readonly command: string
}

export function renderSteps(project: Project, links: Links): readonly WelcomeStep[] {
  const branch = quoteForShell(project.productionBranch)
  return [
    {
      title: 'Commit what you have',
      command: `git init -b ${branch} && git add -A && git commit -m "First version"`,
    },
    {
      title: 'Tell git about this place',
      command: `git remote add deploy ${quoteForShell(links.remoteUrl)}`,
    },
    { title: 'Push, and it is live', command: `git push deploy ${branch}` },
  ]
}

/** A name that shows nothing, such as one of blanks alone, gives way to the slug. */
function renderName({ name, slug }: Project): string {
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(name) ? name.trim() : slug
}

function nameSize(name: string): 'short' | 'medium' | 'long' {
  if (name.length <= 24) return 'short'
  return name.length <= 70 ? 'medium' : 'long'
}

/** People paste these lines into a shell, and git allows almost anything in a branch's name. */
function quoteForShell(word: string): string {
  return /^[A-Za-z0-9_@%+:,./][A-Za-z0-9_@%+:,./-]*$/.test(word)
    ? word
    : `'${word.replaceAll("'", `'\\''`)}'`
}

/** Even a mistake in the escaping would run nothing and reach nobody. */
function renderPolicy(style: string, script: string): string {
  const hash = (text: string): string =>
    `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  return [
    "default-src 'none'",
    "img-src 'self'",
    `style-src ${hash(style)}`,
    `script-src ${hash(script)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

/** Crests 720 apart over twice the width that shows, so that the sea can move without an end. */
function renderWave(): string {
  const crests = Array.from({ length: 6 }, () => 'q180-60 360 0t360 0').join('')
  return `M0 60${crests}V200H0z`
}
