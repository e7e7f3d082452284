/**
 * Frameworks as small as they can be, for the tests of what generates apps. They run where the real
 * ones do, in a worker, so an app's title can make them do what a captured worker would.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import type { FrameworkTemplate, NamedApp } from '../../../src/generate/framework-template.ts'
import { lit } from '../../../src/generate/code.ts'

export const frameworks = {
  react: async () => ({ ...template, projectFiles: new Map(template.projectFiles) }),
  vue: async () => Promise.reject(new Error('not here')),
}

const template: FrameworkTemplate = {
  framework: 'react',
  entry: 'src/main.tsx',
  vendor: ['react', 'react/jsx-runtime'],
  projectFiles: new Map([
    [
      'index.html',
      '<!doctype html><html lang="en"><head><title>App</title><link rel="icon" href="/favicon.svg" />' +
        '</head><body><script type="module" src="/src/main.tsx"></script></body></html>\n',
    ],
    ['package.json', '{\n  "name": "app",\n  "version": "0.1.0"\n}\n'],
    ['package-lock.json', '{\n  "name": "app",\n  "packages": { "": {\n  "name": "app"\n} }\n}\n'],
    ['public/favicon.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>\n'],
    ['src/kit/style.css', '/* Calm. */\nbody {\n  margin: 0;\n}\n'],
    [
      'src/kit/index.ts',
      "export { start } from './start.ts'\nexport { Label } from './label.tsx'\n",
    ],
    ['src/kit/start.ts', 'export const start = (app: unknown): unknown => app\n'],
    [
      'src/kit/label.tsx',
      "import { useId } from 'react'\n" +
        'export const Label = ({ text }: { text: string }) => <b id={useId()}>{text}</b>\n',
    ],
    [
      'src/main.tsx',
      "import './kit/style.css'\nimport { app } from './app.ts'\nimport { start } from './kit/index.ts'\n\nstart(app)\n",
    ],
  ]),
  render: (app) => {
    misbehave(app.title)
    return [
      { path: 'src/app.ts', text: renderApp(app) },
      ...app.tables.flatMap(({ identifier, name, displayName, fields }) => [
        {
          path: `src/tables/${identifier}/model.ts`,
          text: `export const model = ${lit({ name, label: displayName, fields })}\n`,
        },
        {
          path: `src/tables/${identifier}/List.tsx`,
          text:
            "import { Label } from '../../kit/index.ts'\nimport { model } from './model.ts'\n\n" +
            `export default function ${identifier}List() {\n  return <Label text={model.label} />\n}\n`,
        },
      ]),
    ]
  },
}

function renderApp({ title, tables }: NamedApp): string {
  const pages = tables.map(({ identifier }) => `() => import('./tables/${identifier}/List.tsx')`)
  return `export const app = { title: ${lit(title)}, pages: [${pages.join(', ')}] }\n`
}

function misbehave(title: string): void {
  const [what = '', argument = '', another = ''] = title.split(' ')
  if (what === 'crash') process.abort()
  if (what === 'throw') throw new Error('no app\u001b[31m from this')
  if (what === 'print') process.stdout.write('hello')
  if (what === 'hoard') hoard()
  if (what === 'stall') for (;;);
  if (what === 'answer') process.stdout.write(Buffer.from(argument, 'base64'))
  if (what === 'look') throw new Error(JSON.stringify(look(argument, another)))
}

function hoard(): void {
  const kept: Buffer[] = []
  for (;;) kept.push(Buffer.alloc(64 * 1024 ** 2, 1))
}

/** What a worker can reach. */
function look(path: string, url: string): Readonly<Record<string, unknown>> {
  const fetching = `fetch('${url}').then(() => console.log('reached'), (error) => console.log(error.cause.code))`
  return {
    file: attempt(() => readFileSync(path, 'utf8')),
    etc: attempt(() => readdirSync('/etc').length),
    written: ['/tmp', '/', import.meta.dirname, '/dev/shm'].map((folder) =>
      attempt(() => {
        writeFileSync(`${folder}/probe`, 'x')
        unlinkSync(`${folder}/probe`)
      }),
    ),
    processes: attempt(() => readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).length),
    uid: process.getuid?.(),
    environment: attempt(() => readFileSync('/proc/self/environ', 'latin1')),
    outerEnvironment: attempt(() => readFileSync('/proc/1/environ', 'latin1')),
    fetched: spawnSync(process.execPath, ['-e', fetching]).stdout.toString().trim(),
  }
}

function attempt(act: () => unknown): unknown {
  try {
    return act() ?? 'done'
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : String(error)
  }
}
