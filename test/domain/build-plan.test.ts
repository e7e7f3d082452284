import { describe, expect, test } from 'vitest'
import {
  type BuildPlan,
  type PackageJson,
  planBuild,
  type PlanInput,
  type SlipwayFile,
} from '../../src/domain/build-plan.ts'

interface Given {
  readonly files?: readonly string[]
  readonly needs?: readonly string[]
  readonly scripts?: Readonly<Record<string, string>>
  readonly slipwayFile?: SlipwayFile
  readonly packageJson?: Partial<PackageJson>
}

const lock = 'package-lock.json'

/** Plans a commit with a package.json. */
function plan(given: Given): BuildPlan {
  return planBuild({
    ...inputOf(given),
    packageJson: {
      name: 'harbour',
      version: '1.2.0',
      scripts: given.scripts ?? {},
      dependencies: new Set(given.needs),
      packageManager: null,
      hasOwnInstall: false,
      ...given.packageJson,
    },
  })
}

/** Plans a commit without one. */
function planPlain(given: Given): BuildPlan {
  return planBuild({ ...inputOf(given), packageJson: null })
}

function inputOf({ files = [lock], slipwayFile = {} }: Given): Omit<PlanInput, 'packageJson'> {
  const isReadWhole = (folder: string): boolean => folder === '.'
  const paths = new Set(files)
  return { paths, isReadWhole, slipwayFile, installSource: 'the lock file', basePath: null }
}

describe('an app', () => {
  test.each([
    ['next', 'Next.js', 'next build', 'out', false],
    ['nuxt', 'Nuxt', 'nuxt generate', '.output/public', false],
    ['@sveltejs/kit', 'SvelteKit', 'vite build', 'build', true],
    ['astro', 'Astro', 'astro build', 'dist', false],
    ['gatsby', 'Gatsby', 'gatsby build', 'public', false],
    ['@docusaurus/core', 'Docusaurus', 'docusaurus build', 'build', false],
    ['@11ty/eleventy', 'Eleventy', 'eleventy', '_site', false],
    ['vitepress', 'VitePress', 'vitepress build', '.vitepress/dist', false],
    ['@react-router/dev', 'React Router', 'react-router build', 'build/client', true],
    ['@angular/cli', 'Angular', 'ng build', 'dist', true],
    ['react-scripts', 'Create React App', 'react-scripts build', 'build', true],
    ['@vue/cli-service', 'Vue CLI', 'vue-cli-service build', 'dist', true],
    ['@rsbuild/core', 'Rsbuild', 'rsbuild build', 'dist', true],
    ['parcel', 'Parcel', 'parcel build', 'dist', true],
    ['webpack', 'webpack', 'webpack --mode production', 'dist', true],
    ['vite', 'Vite', 'vite build', 'dist', true],
  ])('of %s is known as %s', (...row) => {
    const [dependency, name, command, output, spaFallback] = row
    // Many of them come with vite, and none is taken for it.
    const found = plan({ needs: ['vite', dependency] })
    expect(found).toMatchObject({
      kind: 'node',
      rootDir: '.',
      install: ['npm', 'ci'],
      build: ['npx', '--no-install', ...command.split(' ')],
      spaFallback,
      toldAs: `${name}: npm ci, npx --no-install ${command}`,
      warning: null,
    })
    expect(found.kind === 'node' && found.outputDirs[0]).toBe(output)
  })

  test('is built by its own script where it has one', () => {
    const found = plan({ needs: ['vite'], scripts: { build: 'tsc && vite build' } })
    expect(found).toMatchObject({
      build: ['npm', 'run', 'build'],
      toldAs: 'Vite: npm ci, npm run build',
    })
  })

  test.each([
    ['vite build', true],
    ['tsc -b && vite build --outDir=dist', true],
    ['npm run types && webpack', true],
    ['NODE_ENV=test vite build', true],
    ['vite build; rm -r x', false],
    ['echo $npm_package_version', false],
    ['vite build > log', false],
    ["node -e 'x'", false],
    ['vite build &', false],
    ['', false],
  ])('is built without npm where its script is %j: %s', (build, isPlain) => {
    const found = plan({ scripts: { build } })
    const script = found.kind === 'node' ? found.script : null
    expect(script?.text ?? null).toBe(isPlain ? build : null)
  })

  test('is told of its package what npm would tell it', () => {
    expect(plan({ scripts: { build: 'vite build' } })).toMatchObject({
      script: {
        environment: {
          npm_lifecycle_event: 'build',
          npm_package_name: 'harbour',
          npm_package_version: '1.2.0',
        },
      },
    })
  })

  test('is built by npm where other scripts belong to it, or its settings may change how', () => {
    const scripts = { build: 'vite build' }
    for (const given of [
      { scripts: { ...scripts, prebuild: 'true' } },
      { scripts: { ...scripts, postbuild: 'true' } },
      { scripts, files: [lock, '.npmrc'] },
      { scripts, slipwayFile: { build: 'vite build' } },
    ]) {
      expect(plan(given)).toMatchObject({ script: null })
    }
  })

  test('of no known framework is built by its script, and its output searched', () => {
    const found = plan({ scripts: { build: 'node make.js' } })
    expect(found).toMatchObject({
      build: ['npm', 'run', 'build'],
      outputDirs: ['dist', 'build', 'out', 'public', '_site', '.output/public'],
      spaFallback: true,
      toldAs: 'npm project: npm ci, npm run build',
    })
  })

  test('names no output folder twice', () => {
    const found = plan({ needs: ['vite'] })
    expect(found.kind === 'node' && found.outputDirs).toEqual([
      'dist',
      'build',
      'out',
      'public',
      '_site',
      '.output/public',
    ])
  })

  test.each([[lock], ['npm-shrinkwrap.json']])('with a %s is installed as that says', (file) => {
    const found = plan({ files: [file], needs: ['vite'] })
    expect(found).toMatchObject({ install: ['npm', 'ci'], warning: null })
  })

  test('without a lock file is installed all the same, with a warning', () => {
    const found = plan({ files: [], needs: ['vite'] })
    expect(found).toMatchObject({
      install: ['npm', 'install'],
      warning: expect.stringContaining('no package-lock.json'),
      installKey: null,
    })
  })

  test('whose lock file stands elsewhere has none', () => {
    const found = plan({ files: ['web/package-lock.json'], needs: ['vite'] })
    expect(found).toMatchObject({ install: ['npm', 'install'] })
  })

  test('without a build script and a page is declined', () => {
    expect(() => plan({ needs: ['left-pad'], scripts: { test: 'x' } })).toThrow(
      'has no "build" script, and there is no index.html',
    )
  })

  test('without a build script is its page, as it is', () => {
    const found = plan({ files: [lock, 'index.html'], scripts: { lint: 'x' } })
    expect(found).toMatchObject({ kind: 'static', outputDir: '.', spaFallback: false })
  })
})

describe('an install is repeated only where the lock file says all of it', () => {
  test.each<[string, Given, string | null]>([
    ['a lock file', { needs: ['vite'] }, 'the lock file'],
    ['none', { needs: ['vite'], files: [] }, null],
    ['scripts of its own', { needs: ['vite'], packageJson: { hasOwnInstall: true } }, null],
    ['a command of its own', { needs: ['vite'], slipwayFile: { install: 'make' } }, null],
    ['modules that were committed', { needs: ['vite'], files: [lock, 'node_modules'] }, null],
  ])('%s', (_what, given, installKey) => {
    expect(plan(given)).toMatchObject({ installKey })
  })
})

describe('an app of another package manager is declined with a sentence', () => {
  test.each([
    ['pnpm-lock.yaml', 'pnpm'],
    ['yarn.lock', 'Yarn'],
    ['bun.lock', 'Bun'],
    ['bun.lockb', 'Bun'],
    ['deno.lock', 'Deno'],
  ])('%s: %s', (file, tool) => {
    expect(() => plan({ files: [file, 'index.html'], needs: ['vite'] })).toThrow(
      `This app is made with ${tool} (${file}); only npm is supported yet.`,
    )
    expect(plan({ files: [file, lock], needs: ['vite'] }).kind).toBe('node')
    expect(plan({ files: [`other/${file}`], needs: ['vite'] }).kind).toBe('node')
  })

  test.each(['pnpm@9.1.0', 'yarn@4', 'bun@1.2'])('packageManager %s', (packageManager) => {
    expect(() => plan({ needs: ['vite'], packageJson: { packageManager } })).toThrow(
      /made with (pnpm|yarn|bun) \(the packageManager field of package.json\)/,
    )
  })

  test('packageManager npm is fine', () => {
    expect(plan({ needs: ['vite'], packageJson: { packageManager: 'npm@11.2.0' } }).kind).toBe(
      'node',
    )
  })
})

describe('plain files', () => {
  test('with a page at the top are served as they are', () => {
    expect(planPlain({ files: ['index.html', 'style.css'] })).toEqual({
      kind: 'static',
      outputDir: '.',
      isReadWhole: true,
      spaFallback: false,
      toldAs: 'plain files, nothing to build',
    })
  })

  test('may fall back to their page where slipway.json says so', () => {
    const slipwayFile = { spa: true }
    expect(planPlain({ files: ['index.html'], slipwayFile })).toMatchObject({ spaFallback: true })
  })

  test('are found in the folder that slipway.json names', () => {
    const files = ['docs/site/index.html']
    const where = (slipwayFile: SlipwayFile): unknown => planPlain({ files, slipwayFile })
    const found = { kind: 'static', outputDir: 'docs/site' }
    expect(where({ output: 'docs/site' })).toMatchObject(found)
    expect(where({ root: 'docs/site' })).toMatchObject(found)
    expect(where({ root: 'docs', output: 'site' })).toMatchObject(found)
    expect(where({ root: 'docs/site', output: '.' })).toMatchObject(found)
    expect(() => where({ root: 'docs' })).toThrow(
      'no package.json, index.html or schema.json in docs.',
    )
    expect(() => where({})).toThrow('no package.json, index.html or schema.json at the top.')
  })

  test('beside a package.json that builds nothing are found there too', () => {
    const slipwayFile = { root: 'web', output: 'public' }
    const found = plan({ files: ['web/public/index.html'], slipwayFile })
    expect(found).toMatchObject({ kind: 'static', outputDir: 'web/public' })
  })

  test.each([
    [['README.md'], 'nothing to deploy'],
    [[], 'nothing to deploy'],
    [['INDEX.HTML', 'index.htm', 'a/index.html'], 'nothing to deploy'],
    [['hugo.toml', 'content/x.md'], 'Hugo: sites of it are not built here.'],
    [['hugo.yaml'], 'Hugo: '],
    [['_config.yml', 'index.md'], 'Jekyll: sites of it are not built here.'],
  ])('%j are declined: %s', (files, message) => {
    expect(() => planPlain({ files })).toThrow(message)
  })

  test('of a Hugo site whose result is committed are served', () => {
    const files = ['hugo.toml', 'public/index.html']
    const found = planPlain({ files, slipwayFile: { output: 'public' } })
    expect(found).toMatchObject({ kind: 'static', outputDir: 'public' })
  })
})

test('slipway.json moves the root, the commands and the output', () => {
  const found = plan({
    files: [`packages/web/${lock}`, 'pnpm-lock.yaml'],
    needs: ['vite'],
    slipwayFile: {
      root: 'packages/web',
      install: 'npm ci --omit=dev && true',
      build: 'make site',
      output: 'www',
      spa: false,
    },
  })
  expect(found).toMatchObject({
    rootDir: 'packages/web',
    install: ['sh', '-c', 'npm ci --omit=dev && true'],
    build: ['sh', '-c', 'make site'],
    outputDirs: ['packages/web/www'],
    spaFallback: false,
    toldAs: 'Vite: npm ci --omit=dev && true, make site',
  })
})
