/**
 * Bundles what all apps of a framework share: the packages in one file, of which only what kit and
 * pages use, the kit in another, the style sheet and the icon.
 */
import { join } from 'node:path'
import { rolldown, type Plugin } from 'rolldown'
import type { StoreFile } from '../../contracts/generate.ts'
import type { FrameworkTemplate } from '../framework-template.ts'
import { nameApp } from '../name-app.ts'
import type { Prebuilt } from '../prebuilt.ts'
import { readProjectFile, renderPages } from '../project-sources.ts'
import { makeSpecimen } from '../specimen.ts'
import { type Compile, type ComponentCompiler, definitions, jsx, target } from './compiler.ts'
import { type Address, cutAtAddresses, type CutCode } from './cut-code.ts'
import { kitPath, renderVendorImport } from './link-app.ts'
import { makeStoreFile } from './store-file.ts'

export interface PrebuildTools {
  readonly compile: Compile
  readonly compileComponent: ComponentCompiler | null
}

export async function prebuild(
  template: FrameworkTemplate,
  { compile, compileComponent }: PrebuildTools,
): Promise<Prebuilt> {
  const kitCode = cutAtAddresses(kitPath, await bundleKit(template, compileComponent))
  const specimen = renderPages(template, nameApp(makeSpecimen(template.framework)))
  const pages = [...specimen].map(([path, text]) => compile(path, text))
  const exports = nameExports([kitCode, ...pages], template.vendor)
  const vendor = makeScript(await bundleVendor(exports))
  const kit = makeScript(renderKit(kitCode, { name: vendor.name, exports }))
  const style = makeStoreFile(
    packStyle(readProjectFile(template, 'src/kit/style.css')),
    'css',
    'small',
  )
  const icon = makeStoreFile(readProjectFile(template, 'public/favicon.svg'), 'svg', 'small')
  return {
    vendor: { name: vendor.name, exports },
    kit: kit.name,
    style: style.name,
    icon: icon.name,
    files: [vendor, kit, style, icon],
  }
}

type Exports = Prebuilt['vendor']['exports']

/** Short names, the same for the same templates. */
function nameExports(codes: readonly CutCode[], vendor: readonly string[]): Exports {
  const used = new Set(
    codes
      .flatMap(({ pieces }) => pieces.filter(isPackage))
      .flatMap(({ specifier, names }) => names.map(({ imported }) => `${specifier} ${imported}`)),
  )
  const pairs = [...used].toSorted().map((pair) => pair.split(' '))
  const exports: Record<string, Record<string, string>> = {}
  for (const [index, [specifier = '', imported = '']] of pairs.entries()) {
    if (!vendor.includes(specifier)) throw new Error(`"${specifier}" is no package of the template`)
    exports[specifier] = { ...exports[specifier], [imported]: `v${index.toString(36)}` }
  }
  return exports
}

function isPackage(piece: string | Address): piece is Extract<Address, { kind: 'package' }> {
  return typeof piece !== 'string' && piece.kind === 'package'
}

function renderKit({ pieces }: CutCode, vendor: Prebuilt['vendor']): string {
  return pieces
    .map((piece) => {
      if (typeof piece === 'string') return piece
      if (piece.kind === 'package') return renderVendorImport(piece, vendor)
      throw new Error(`the kit imports "${piece.specifier}", which is outside of it`)
    })
    .join('')
}

async function bundleVendor(exports: Exports): Promise<string> {
  const lines = Object.entries(exports).map(([specifier, names]) => {
    const bindings = Object.entries(names).map(([imported, name]) => `${imported} as ${name}`)
    return `export {${bindings.join(',')}} from ${JSON.stringify(specifier)}`
  })
  // Below the folder that has the packages, so that they are found as from any other file there.
  const entry = join(import.meta.dirname, 'vendor.js')
  return bundle(entry, [serve(new Map([[entry, lines.join('\n')]]), null), takeProduction])
}

async function bundleKit(
  { projectFiles }: FrameworkTemplate,
  compileComponent: ComponentCompiler | null,
): Promise<string> {
  const root = '/project'
  const files = new Map([...projectFiles].map(([path, text]) => [join(root, path), text]))
  return bundle(join(root, kitPath), [serve(files, compileComponent)])
}

/** Gives the bundler files that lie on no disk; packages stay outside of a project's. */
function serve(
  files: ReadonlyMap<string, string>,
  compileComponent: ComponentCompiler | null,
): Plugin {
  return {
    name: 'serve',
    resolveId: (specifier, importer) => {
      if (files.has(specifier)) return specifier
      if (importer === undefined || !files.has(importer)) return null
      const path = join(importer, '..', specifier)
      if (specifier.startsWith('.') && files.has(path)) return path
      return importer.startsWith('/project/') ? { id: specifier, external: true } : null
    },
    load: (id) => {
      const text = files.get(id)
      if (text === undefined) return null
      if (!id.endsWith('.vue')) return { code: text }
      if (compileComponent === null) throw new Error(`${id}: no compiler for this kind of file`)
      return { code: compileComponent(id, text), moduleType: 'ts' }
    },
  }
}

/** React Router's package.json names its files for development only. */
const takeProduction: Plugin = {
  name: 'take-production',
  async resolveId(specifier, importer) {
    if (specifier !== 'react-router') return null
    const found = await this.resolve(specifier, importer, { skipSelf: true })
    return found === null ? null : found.id.replace('/dist/development/', '/dist/production/')
  },
}

async function bundle(input: string, plugins: readonly Plugin[]): Promise<string> {
  const build = await rolldown({
    input,
    plugins: [...plugins],
    platform: 'browser',
    logLevel: 'silent',
    tsconfig: false,
    transform: { define: { ...definitions, ...vueSwitches }, jsx, target },
  })
  try {
    const { output } = await build.generate({
      format: 'esm',
      minify: true,
      codeSplitting: false,
      comments: { legal: true, annotation: false, jsdoc: false },
    })
    return output[0].code
  } finally {
    await build.close()
  }
}

const vueSwitches = {
  __VUE_OPTIONS_API__: 'false',
  __VUE_PROD_DEVTOOLS__: 'false',
  __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
} as const

function makeScript(text: string): StoreFile {
  return makeStoreFile(text, 'js', 'small')
}

/** Without comments and indentation. */
function packStyle(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\s*\n\s*/g, '\n')
}
