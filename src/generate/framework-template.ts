/** What a framework brings along, so that apps can be generated with it. */
import type { AppIdentity, SourceFile } from '../contracts/generate.ts'
import type { Framework } from '../domain/project.ts'
import type { AppSchema, Table } from '../domain/schema/app-schema.ts'

export interface FrameworkTemplate {
  readonly framework: Framework
  /** The module that mounts the app; `src/main.tsx`. */
  readonly entry: string
  /**
   * By path, all files of a project that no schema changes, read once. Among them are the entry,
   * `src/kit/index.ts`, `src/kit/style.css`, `public/favicon.svg` and these three, which are made
   * the app's own by their texts in common:
   * - `index.html` holds, each once: `<html lang="en">`, `<head>`, `<title>App</title>`,
   *   `"/favicon.svg"` and `<script type="module" src="/<entry>"></script>`;
   * - `package.json` and `package-lock.json` are named `app`.
   */
  readonly projectFiles: ReadonlyMap<string, string>
  /**
   * `src/app.ts` and the files of `src/tables/`: all that depends on a schema. Pure. A table's folder
   * becomes one script, in which each `.tsx` or `.vue` file is found by its name in PascalCase and
   * by its default export. It imports the kit's `index.ts`, packages, and files beside it.
   */
  readonly render: (app: NamedApp) => readonly SourceFile[]
  /** What kit and pages import that is no file of the project: `react`, `react/jsx-runtime`. */
  readonly vendor: readonly string[]
}

/** A schema with all names that its app's code needs. */
export interface NamedApp extends Omit<AppSchema, 'title' | 'tables'> {
  readonly identity: AppIdentity
  /** What the app calls itself. */
  readonly title: string
  readonly tables: readonly NamedTable[]
}

export interface NamedTable extends Table {
  /** Its folder below `src/tables/`, and its name in code: PascalCase, unlike all others. */
  readonly identifier: string
}
