// Command credithub is the enterprise credit information sharing and
// joint-punishment hub (企业信用信息共享与联合惩戒平台).
package main

func main() {}
