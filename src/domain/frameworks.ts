/**
 * The front-end tools that are known, and how each builds. The order matters: those that use vite
 * come before it.
 */
export interface FrameworkRow {
  readonly dependency: string
  readonly name: string
  readonly build: readonly string[]
  readonly outputs: readonly string[]
  /** Says the base path on the command line, after the last word of `build`. */
  readonly baseFlag: string | null
  /** The variable of those that builds are given which is enough for it. */
  readonly baseVariable?: string
  /** Where an app says its base path itself; `process.env.BASE_URL` holds it. */
  readonly baseSetting: string
}

/** Whatever is found first in an app's dependencies decides. */
export const frameworkRows: readonly FrameworkRow[] = [
  {
    dependency: 'next',
    name: 'Next.js',
    build: ['next', 'build'],
    outputs: ['out'],
    baseFlag: null,
    baseSetting: '`basePath` in next.config, without the slash at the end',
  },
  {
    dependency: 'nuxt',
    name: 'Nuxt',
    build: ['nuxt', 'generate'],
    outputs: ['.output/public'],
    baseFlag: null,
    baseVariable: 'NUXT_APP_BASE_URL',
    baseSetting: '`app.baseURL` in nuxt.config',
  },
  {
    dependency: '@sveltejs/kit',
    name: 'SvelteKit',
    build: ['vite', 'build'],
    outputs: ['build'],
    baseFlag: null,
    baseSetting: '`kit.paths.base` in svelte.config.js, without the slash at the end',
  },
  {
    dependency: 'astro',
    name: 'Astro',
    build: ['astro', 'build'],
    outputs: ['dist'],
    baseFlag: '--base',
    baseSetting: '`base` in astro.config',
  },
  {
    dependency: 'gatsby',
    name: 'Gatsby',
    build: ['gatsby', 'build'],
    outputs: ['public'],
    baseFlag: null,
    baseSetting: '`pathPrefix` in gatsby-config, and `gatsby build --prefix-paths` in the script',
  },
  {
    dependency: '@docusaurus/core',
    name: 'Docusaurus',
    build: ['docusaurus', 'build'],
    outputs: ['build'],
    baseFlag: null,
    baseSetting: '`baseUrl` in docusaurus.config',
  },
  {
    dependency: '@11ty/eleventy',
    name: 'Eleventy',
    build: ['eleventy'],
    outputs: ['_site'],
    baseFlag: '--pathprefix',
    baseSetting: '`pathPrefix` in eleventy.config.js, with its HtmlBasePlugin',
  },
  {
    dependency: 'vitepress',
    name: 'VitePress',
    build: ['vitepress', 'build'],
    outputs: ['.vitepress/dist'],
    baseFlag: '--base',
    baseSetting: '`base` in .vitepress/config',
  },
  {
    dependency: '@react-router/dev',
    name: 'React Router',
    build: ['react-router', 'build'],
    outputs: ['build/client'],
    baseFlag: null,
    baseSetting: '`basename` in react-router.config and `base` in vite.config',
  },
  {
    dependency: '@angular/cli',
    name: 'Angular',
    build: ['ng', 'build'],
    outputs: ['dist'],
    baseFlag: '--base-href',
    baseSetting: '`baseHref` in angular.json',
  },
  {
    dependency: 'react-scripts',
    name: 'Create React App',
    build: ['react-scripts', 'build'],
    outputs: ['build'],
    baseFlag: null,
    baseVariable: 'PUBLIC_URL',
    baseSetting: '`PUBLIC_URL` in the build script or in .env',
  },
  {
    dependency: '@vue/cli-service',
    name: 'Vue CLI',
    build: ['vue-cli-service', 'build'],
    outputs: ['dist'],
    baseFlag: null,
    baseSetting: '`publicPath` in vue.config.js',
  },
  {
    dependency: '@rsbuild/core',
    name: 'Rsbuild',
    build: ['rsbuild', 'build'],
    outputs: ['dist'],
    baseFlag: null,
    baseSetting: '`server.base` in rsbuild.config',
  },
  {
    dependency: 'parcel',
    name: 'Parcel',
    build: ['parcel', 'build'],
    outputs: ['dist'],
    baseFlag: '--public-url',
    baseSetting: '`publicUrl` of the target in package.json',
  },
  {
    dependency: 'webpack',
    name: 'webpack',
    build: ['webpack', '--mode', 'production'],
    outputs: ['dist'],
    baseFlag: null,
    baseSetting: '`output.publicPath` in webpack.config',
  },
  {
    dependency: 'vite',
    name: 'Vite',
    build: ['vite', 'build'],
    outputs: ['dist'],
    baseFlag: '--base',
    baseSetting: '`base` in vite.config',
  },
]
