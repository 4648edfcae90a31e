// OHIF's configuration, read before its own code: where the images are, and which study to show.
// The study's UID was kept by the entry page in this tab's session storage; it is put into the
// address here, in the browser, because OHIF reads it there. No server is asked for that address.

(() => {
  const entry = JSON.parse(sessionStorage.getItem("segel-viewer") ?? "null");
  if (!entry || entry.until < Date.now()) {
    location.replace("/enter");
    return;
  }
  if (!location.search) {
    history.replaceState(null, "", `/viewer?StudyInstanceUIDs=${encodeURIComponent(entry.study)}`);
  }

  // Without a real GPU (thin clients, remote desktops) WebGL is emulated: OHIF then shows nothing,
  // or so slowly that its CPU renderer is the better one.
  function gpuIsEmulated() {
    const context = document.createElement("canvas").getContext("webgl2");
    if (!context) return true;
    const names = context.getExtension("WEBGL_debug_renderer_info");
    const renderer = names ? context.getParameter(names.UNMASKED_RENDERER_WEBGL) : "";
    context.getExtension("WEBGL_lose_context")?.loseContext();
    return /swiftshader|llvmpipe|software|basic render/i.test(renderer);
  }

  const root = `${location.origin}/dicomweb/${entry.launch}`;
  window.config = {
    name: "segel",
    routerBasename: null,
    extensions: [],
    modes: [],
    customizationService: [{ "ohif.tours": { $set: [] } }],
    whiteLabeling: {
      createLogoComponentFn: (React) =>
        React.createElement("span", { style: { color: "#fff", fontWeight: 700, letterSpacing: "-0.01em" } }, "Segel · OHIF"),
    },
    showPatientInfo: "visible",
    showStudyList: false,
    showLoadingIndicator: true,
    showCPUFallbackMessage: false,
    showWarningMessageForCrossOrigin: false,
    showErrorDetails: "production",
    strictZSpacingForVolumeViewport: true,
    useCPURendering: window.segelRenderOnCpu || gpuIsEmulated(),
    investigationalUseDialog: { option: "never" },
    maxNumberOfWebWorkers: Math.max(1, Math.min(3, (navigator.hardwareConcurrency || 2) - 1)),
    maxNumRequests: { interaction: 20, thumbnail: 5, prefetch: 10 },
    defaultDataSourceName: "segel",
    dataSources: [
      {
        namespace: "@ohif/extension-default.dataSourcesModule.dicomweb",
        sourceName: "segel",
        configuration: {
          friendlyName: "Segel",
          name: "segel",
          qidoRoot: root,
          wadoRoot: root,
          wadoUriRoot: root,
          qidoSupportsIncludeField: true,
          supportsFuzzyMatching: true,
          supportsWildcard: true,
          supportsReject: false,
          imageRendering: "wadors",
          thumbnailRendering: "thumbnail",
          thumbnailRequestStrategy: "fetch",
          enableStudyLazyLoad: true,
          omitQuotationForMultipartRequest: true,
          bulkDataURI: {
            enabled: true,
            // The archive does not know under which root this tab reads it.
            transform: (address) => address.replace(/^(https?:\/\/[^/]+)?\/dicomweb\/studies/, `${root}/studies`),
          },
        },
      },
    ],
    httpErrorHandler: (error) => {
      if (error?.status === 401) location.replace("/enter");
    },
  };
})();
