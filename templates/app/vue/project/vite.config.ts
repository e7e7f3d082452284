import vue from '@vitejs/plugin-vue'
import { defineConfig, loadEnv, type Plugin } from 'vite'

// BACKEND_URL is where `npm run dev` finds the data; BASE_URL is the folder that the app is served
// from, as in `BASE_URL=/apps/shop/ npm run build`.
export default defineConfig(({ mode }) => {
  const { BACKEND_URL = 'http://localhost:8000', BASE_URL = '/' } = loadEnv(mode, '.', [
    'BACKEND_URL',
    'BASE_URL',
  ])
  return {
    base: BASE_URL,
    plugins: [vue({ features: { optionsAPI: false } }), baseInPage()],
    server: { proxy: { '/api': { target: BACKEND_URL, changeOrigin: true } } },
  }
})

/** Tells the router the base: it reads `<meta name="base">` when the page is opened. */
function baseInPage(): Plugin {
  let base = '/'
  return {
    name: 'base-in-page',
    configResolved: (config) => {
      base = config.base
    },
    transformIndexHtml: () => [
      { tag: 'meta', attrs: { name: 'base', content: base }, injectTo: 'head' },
    ],
  }
}
