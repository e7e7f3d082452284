/** `node test/readme/take-pictures.ts`: takes the README's pictures of generated apps anew. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Framework } from '../../src/domain/project.ts'
import { type AppVisitor, startVisitor, type VisitorOptions } from '../tools/app-visitor.ts'
import { launchBrowser } from '../tools/browser.ts'
import { preparePlatform } from '../tools/platform.ts'
import { startSlipwayServer } from '../tools/slipway-server.ts'

interface Picture extends Pick<VisitorOptions, 'size' | 'colours'> {
  readonly framework: Framework
  readonly file: string
  readonly show: (visitor: AppVisitor) => Promise<void>
}

const pictures: readonly Picture[] = [
  {
    file: 'app-react.png',
    framework: 'react',
    size: 'desktop',
    show: (visitor) => visitor.open('tables/customers'),
  },
  {
    file: 'app-react-refused.png',
    framework: 'react',
    size: 'phone',
    show: async (visitor) => {
      await visitor.open('tables/customers/new')
      await visitor.input('Nom').fill('Amina Benali')
      await visitor.input('E-mail').fill('amina.benali@example.org')
      await visitor.pick('Pays', 'séné', 'Sénégal')
      await visitor.button('Enregistrer').click()
      await visitor.page.getByText('unique').waitFor()
    },
  },
  {
    file: 'app-vue.png',
    framework: 'vue',
    size: 'desktop',
    colours: 'dark',
    show: async (visitor) => {
      await visitor.open('tables/orders')
      await visitor.link('C-2025-0003').click()
      // The names of what it is related to come last.
      await visitor.page.getByText('Miel de châtaignier').waitFor()
      await visitor.page.getByText('Maëlle Tremblay').waitFor()
    },
  },
  {
    file: 'app-vue-phone.png',
    framework: 'vue',
    size: 'phone',
    colours: 'dark',
    show: (visitor) => visitor.open('tables/customers'),
  },
]
const pictureBytesMax = 150 * 1024

await using platform = await preparePlatform()
await using server = await startSlipwayServer({ settings: { BACKEND_URL: platform.url } })
await platform.start({ url: server.url, token: await server.adminToken() })
for (const framework of ['react', 'vue'] as const) {
  const slug = `comptoir-${framework}`
  await platform.createProject({ name: 'Comptoir', schema_name: slug, framework })
  await server.untilStatus(slug, 'deployed')
  await platform.seed(slug)
}
await using browser = await launchBrowser()
for (const { framework, file, show, ...how } of pictures) {
  const baseUrl = `http://comptoir-${framework}.localhost:${server.httpPort}`
  await using visitor = await startVisitor(browser, { ...how, baseUrl })
  await show(visitor)
  const path = join(import.meta.dirname, file)
  await visitor.page.screenshot({ path, animations: 'disabled' })
  const { size } = await stat(path)
  console.log(`${path}  ${size} bytes`)
  if (size > pictureBytesMax) throw new Error(`${file} has ${size} bytes`)
}
