/** How a build is told that its app is below a path, and when it can only be told by a variable. */
import { expect, test } from 'vitest'
import { baseEnvironment, explainBase, findBaseWords } from '../../src/domain/base-path.ts'
import { type PackageJson, planBuild, type SlipwayFile } from '../../src/domain/build-plan.ts'
import { frameworkRows } from '../../src/domain/frameworks.ts'

const base = '/apps/shop/'
const rowOf = (dependency: string) => frameworkRows.find((row) => row.dependency === dependency)

function plan(
  packageJson: Partial<Omit<PackageJson, 'dependencies'>> & { readonly needs: string },
  slipwayFile: SlipwayFile = {},
) {
  const { needs, ...rest } = packageJson
  const plan = planBuild({
    paths: new Set(['package-lock.json']),
    isReadWhole: () => false,
    slipwayFile,
    installSource: 'the lock file',
    basePath: base,
    packageJson: {
      name: 'harbour',
      version: '1.2.0',
      scripts: {},
      dependencies: new Set([needs]),
      packageManager: null,
      hasOwnInstall: false,
      ...rest,
    },
  })
  if (plan.kind !== 'node') throw new Error(`it is planned as ${plan.kind}`)
  return plan
}

test.each([
  ['vite', '--base=/apps/shop/'],
  ['astro', '--base=/apps/shop/'],
  ['vitepress', '--base=/apps/shop/'],
  ['parcel', '--public-url=/apps/shop/'],
  ['@11ty/eleventy', '--pathprefix=/apps/shop/'],
  ['@angular/cli', '--base-href=/apps/shop/'],
])('%s is told by %s, in its own command and in a script', (needs, flag) => {
  const own = rowOf(needs)?.build ?? []
  expect(plan({ needs }).build).toEqual(['npx', '--no-install', ...own, flag])
  const script = own.join(' ')
  const scripted = plan({ needs, scripts: { build: script } })
  expect(scripted.build).toEqual(['npm', 'run', 'build', '--', flag])
  expect(scripted.script?.text).toBe(`${script} ${flag}`)
  expect(scripted.script?.environment['npm_lifecycle_script']).toBe(script)
  expect(scripted.toldAs).toContain(`npm run build -- ${flag}`)
})

test.each([
  'next',
  'nuxt',
  '@sveltejs/kit',
  'gatsby',
  '@docusaurus/core',
  '@react-router/dev',
  'react-scripts',
  '@vue/cli-service',
  '@rsbuild/core',
  'webpack',
])('%s has no flag for it, and is told by variables alone', (needs) => {
  const own = rowOf(needs)?.build ?? []
  expect(plan({ needs }).build).toEqual(['npx', '--no-install', ...own])
  expect(plan({ needs, scripts: { build: 'vite build' } }).build).toEqual(['npm', 'run', 'build'])
})

test.each([
  'vite build',
  'tsc -b && vite build',
  'tsc -b&&vite build --mode production',
  'npx vite build',
  'cross-env NODE_ENV=production vite build',
  'A=1 B=x vite build --outDir=dist',
])('the words go to the tool that the script "%s" ends with', (script) => {
  expect(findBaseWords(rowOf('vite'), script, base)).toEqual(['--base=/apps/shop/'])
})

test.each([
  'vite build && node prerender.js',
  'vite build; echo done',
  'vite build | tee log',
  'vite build & wait',
  'vite build || true',
  'vite build > log',
  '(vite build)',
  'sh -c "vite build"',
  'FOO="a b" vite build',
  'vite build --base=/other/',
  'vite build --base /other/',
  'vite build -- --base=/x/',
  'vite',
  'vite preview',
  'vite-node build.js',
  'node build.js',
  'npm run compile',
  'turbo run build',
  'vite build\nnode x.js',
  '',
])('nothing is added to the script "%s"', (script) => {
  expect(findBaseWords(rowOf('vite'), script, base)).toEqual([])
  expect(plan({ needs: 'vite', scripts: { build: script } }).build).toEqual(['npm', 'run', 'build'])
})

test('a command of slipway.json is left as it is', () => {
  const given = plan({ needs: 'vite' }, { build: 'vite build' })
  expect(given.build).toEqual(['sh', '-c', 'vite build'])
})

test('an app at the root of a host is told nothing', () => {
  expect(findBaseWords(rowOf('vite'), 'vite build', null)).toEqual([])
})

test('tools find the path in the variables that they read', () => {
  expect(baseEnvironment(base)).toEqual({
    BASE_URL: base,
    PUBLIC_URL: base,
    NUXT_APP_BASE_URL: base,
  })
})

test('one who ignores it is told where to say it, by the name of the tool', () => {
  expect(plan({ needs: 'vite' }).baseRemedy).toBe(
    'Vite is told by `base` in vite.config: set it to process.env.BASE_URL ({base}).',
  )
  expect(explainBase(undefined)).toContain('process.env.BASE_URL ({base})')
  for (const row of frameworkRows) {
    expect(explainBase(row)).toContain(`${row.name} is told by \``)
  }
})
