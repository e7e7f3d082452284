/** Which page is at which address. */
import { createRouter, createWebHistory, type Router } from 'vue-router'
import { paths, readBase } from './base.ts'
import HomePage from './HomePage.vue'
import NotFoundPage from './NotFoundPage.vue'
import TablePage from './TablePage.vue'

export function createPages(): Router {
  return createRouter({
    history: createWebHistory(readBase()),
    routes: [
      { path: paths.home, component: HomePage },
      { path: '/tables/:table', component: TablePage, props: { kind: 'list' } },
      { path: '/tables/:table/new', component: TablePage, props: { kind: 'form' } },
      { path: '/tables/:table/rows/:id', component: TablePage, props: { kind: 'detail' } },
      { path: '/tables/:table/rows/:id/edit', component: TablePage, props: { kind: 'form' } },
      { path: '/:rest(.*)*', component: NotFoundPage },
    ],
    scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
  })
}
