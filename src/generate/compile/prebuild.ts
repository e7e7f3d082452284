/**
 * Makes what all apps of a framework share: the packages in one file, of which only what kit and
 * pages use, the kit in another, the style sheet and the icon.
 */
import { join } from 'node:path'
import type { Plugin } from 'rolldown'
import type { StoreFile } from '../../contracts/generate.ts'
import type { FrameworkTemplate } from '../framework-template.ts'
import { nameApp } from '../name-app.ts'
import type { Prebuilt } from '../prebuilt.ts'
import { readProjectFile, renderPages } from '../project-sources.ts'
import { makeSpecimen } from '../specimen.ts'
import { bundle } from './bundle.ts'
import { cutIntoChunks } from './chunks.ts'
import { type CompileChunks, kitPath, kitSpecifier } from './compile-chunks.ts'
import { type Address, cutAtAddresses, type CutCode } from './cut-code.ts'
import { renderImport } from './link-app.ts'
import { type ComponentCompiler, serveSources } from './serve-sources.ts'
import { makeStoreFile } from './store-file.ts'

export interface PrebuildTools {
  readonly compile: CompileChunks
  readonly compileComponent: ComponentCompiler | null
}

export async function prebuild(
  template: FrameworkTemplate,
  { compile, compileComponent }: PrebuildTools,
): Promise<Prebuilt> {
  const kitCode = cutAtAddresses(kitPath, await bundleKit(template, compileComponent))
  const specimen = renderPages(template, nameApp(makeSpecimen(template.framework)))
  const { codes } = await compile(cutIntoChunks({ entry: template.entry, sources: specimen }))
  const exports = nameExports([kitCode, ...codes.values()], template.vendor)
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
      .filter(({ specifier }) => specifier !== kitSpecifier)
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
      if (piece.kind === 'package') return renderImport(piece, { vendor, kit: '' })
      throw new Error(`the kit imports ${piece.path}, which is no part of it`)
    })
    .join('')
}

async function bundleVendor(exports: Exports): Promise<string> {
  const lines = Object.entries(exports).map(([specifier, names]) => {
    const bindings = Object.entries(names).map(([imported, name]) => `${imported} as ${name}`)
    return `export {${bindings.join(',')}} from ${JSON.stringify(specifier)}`
  })
  // Below the folder that has the packages, so that they are found as from any other file there.
  const id = join(import.meta.dirname, 'vendor.js')
  const serveEntry: Plugin = {
    name: 'serve-entry',
    resolveId: (specifier) => (specifier === id ? id : null),
    load: (path) => (path === id ? { code: lines.join('\n') } : null),
  }
  return bundleOne(id, [serveEntry, takeProduction])
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

async function bundleKit(
  { projectFiles }: FrameworkTemplate,
  compileComponent: ComponentCompiler | null,
): Promise<string> {
  const files = new Map([...projectFiles].map(([path, text]) => [`/${path}`, text]))
  const findOutside = (id: string): never => {
    throw new Error(`the kit has no ${id}`)
  }
  return bundleOne(`/${kitPath}`, [serveSources({ files, findOutside, compileComponent })])
}

async function bundleOne(entry: string, plugins: readonly Plugin[]): Promise<string> {
  const codes = await bundle([entry], plugins)
  return codes.get(entry) ?? ''
}

function makeScript(text: string): StoreFile {
  return makeStoreFile(text, 'js', 'small')
}

/** Without comments and indentation. */
function packStyle(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\s*\n\s*/g, '\n')
}
