/** Tells tools that read TypeScript without Vue (ESLint) what a `.vue` import is; vue-tsc sees the real types. */
declare module '*.vue' {
  import type { DefineComponent } from 'vue';

  const component: DefineComponent;
  export default component;
}
